-- +goose Up
create table devices (
    hash         bytea       primary key,
    user_id      bigint      not null references users (id) on delete cascade,
    version      bigint      not null,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    constraint devices_hash_check check (length(hash) = 32)
);
