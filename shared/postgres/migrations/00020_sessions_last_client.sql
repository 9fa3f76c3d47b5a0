-- +goose Up
alter table sessions
    add column last_address        text not null default '',
    add column last_network        text not null default '',
    add column last_user_agent     text not null default '',
    add column repeated_generation bigint;
