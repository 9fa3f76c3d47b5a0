-- +goose Up
create index users_admins_created_at_idx on users (created_at desc, id desc) where role = 'ADMIN';
