-- +goose Up
create unique index users_email_key on users (lower(email));
