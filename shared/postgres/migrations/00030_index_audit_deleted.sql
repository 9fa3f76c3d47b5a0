-- +goose Up
create index audit_deleted_idx on audit (at) where actions @> '{delete}'::text[] and target <> '00000000-0000-0000-0000-000000000000'::uuid;
