-- +goose Up
create index users_last_login_at_idx on users (last_login_at desc nulls last, id desc);
