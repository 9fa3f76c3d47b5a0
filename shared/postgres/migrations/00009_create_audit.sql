-- +goose Up
create table audit (
    chain   smallint    not null,
    seq     bigint      not null,
    at      timestamptz not null,
    actions text[]      not null,
    actor   uuid,
    target  uuid,
    event   text        not null,
    hash    bytea       not null,
    primary key (chain, seq)
);
