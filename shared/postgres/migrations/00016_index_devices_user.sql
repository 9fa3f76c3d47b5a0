-- +goose Up
create index devices_user_id_idx on devices (user_id);
