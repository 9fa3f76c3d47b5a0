-- +goose Up
create index users_email_status_idx on users (email_status, created_at desc, id desc) where email_status <> 'ok';
