-- +goose Up
insert into audit_heads (chain, seq, digest, hash)
select chain, 0, '', '' from generate_series(0, 15) as chain
on conflict (chain) do nothing;
