-- +goose Up
create table sessions (
    id           uuid        primary key,
    user_id      bigint      not null references users (id) on delete cascade,
    version      bigint      not null,
    generation   bigint      not null,
    hash         bytea       not null,
    parent       bytea,
    method       text        not null,
    device_name  text        not null,
    user_agent   text        not null,
    address      text        not null,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    idle_ends_at timestamptz not null,
    ends_at      timestamptz not null,
    constraint sessions_hash_check check (length(hash) = 32),
    constraint sessions_parent_check check (length(parent) = 32)
);
