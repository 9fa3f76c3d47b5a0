-- +goose Up
create index users_last_name_idx on users ((lower(last_name) collate "C"));
