-- +goose Up
drop index limits_until_idx;
