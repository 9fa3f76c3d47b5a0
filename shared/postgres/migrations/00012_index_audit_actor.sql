-- +goose Up
create index audit_actor_idx on audit (actor, at desc, chain, seq) where actor <> target;
