-- +goose Up
create index users_admins_idx on users (id) where role = 'ADMIN' and active;
