-- +goose Up
create index users_created_at_idx on users (created_at desc, id desc);
