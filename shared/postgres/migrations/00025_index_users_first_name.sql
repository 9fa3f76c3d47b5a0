-- +goose Up
create index users_first_name_idx on users ((lower(first_name) collate "C"));
