-- +goose Up
create index sessions_user_id_idx on sessions (user_id);
