-- +goose Up
create index audit_at_idx on audit (at desc, chain, seq);
