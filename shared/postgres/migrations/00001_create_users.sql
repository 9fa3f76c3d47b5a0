-- +goose Up
create table users (
    id                  bigint generated always as identity primary key,
    uuid                uuid        not null,
    username            text collate "C" not null,
    first_name          text        not null,
    last_name           text        not null,
    email               text collate "C" not null,
    password_hash       text        not null,
    role                text        not null default 'USER',
    active              boolean     not null default true,
    token_version       bigint      not null default 1,
    reset_version       bigint      not null default 1,
    created_at          timestamptz not null,
    updated_at          timestamptz not null,
    last_login_at       timestamptz,
    password_changed_at timestamptz,
    constraint users_uuid_key unique (uuid),
    constraint users_username_key unique (username),
    constraint users_username_check check (username ~ '^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$'),
    constraint users_email_check check (length(email) between 3 and 254),
    constraint users_role_check check (role in ('USER', 'ADMIN'))
);
