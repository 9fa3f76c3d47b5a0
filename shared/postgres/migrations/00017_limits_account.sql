-- +goose Up
alter table limits
    add column account        uuid,
    add column checking_since timestamptz;
