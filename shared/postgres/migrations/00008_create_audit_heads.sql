-- +goose Up
create table audit_heads (
    chain  smallint primary key,
    seq    bigint   not null,
    digest bytea    not null,
    hash   bytea    not null
);
