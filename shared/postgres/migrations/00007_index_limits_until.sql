-- +goose Up
create index limits_until_idx on limits (until);
