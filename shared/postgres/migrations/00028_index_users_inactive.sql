-- +goose Up
create index users_inactive_idx on users (created_at desc, id desc) where not active;
