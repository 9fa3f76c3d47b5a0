-- +goose Up
create index audit_actor_alone_idx on audit (actor, at desc, chain, seq) where actor is not null and target is null;
