-- +goose Up
create table resets (
    hash       bytea       primary key,
    user_id    bigint      not null references users (id) on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    version    bigint      not null default 1,
    constraint resets_hash_check check (length(hash) = 32)
);
