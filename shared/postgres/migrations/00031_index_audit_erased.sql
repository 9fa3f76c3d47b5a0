-- +goose Up
create index audit_erased_idx on audit (chain, seq)
    where actor = '00000000-0000-0000-0000-000000000000'::uuid or target = '00000000-0000-0000-0000-000000000000'::uuid;
