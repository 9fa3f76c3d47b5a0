-- +goose Up
create index audit_target_idx on audit (target, at desc, chain, seq);
