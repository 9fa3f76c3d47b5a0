-- +goose Up
create table limits (
    key      bytea       primary key,
    backoff  boolean     not null,
    most     integer     not null,
    taken    integer     not null,
    in_a_row integer     not null,
    until    timestamptz not null
);
