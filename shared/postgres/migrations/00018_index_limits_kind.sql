-- +goose Up
create index limits_kind_idx on limits (
    (case when not backoff then 0 when account is not null then case when in_a_row < most then 3 else 4 end when in_a_row <= 5 then 1 else 2 end),
    until);
