-- +goose Up
create index resets_user_id_idx on resets (user_id);
