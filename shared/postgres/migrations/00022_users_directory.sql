-- +goose Up
alter table users
    add column email_status text not null default 'ok',
    add column metadata     text not null default '{}',
    add column app_metadata text not null default '{}',
    add constraint users_email_status_check check (email_status in ('ok', 'soft_bounce', 'bounced', 'complained', 'suppressed'));
