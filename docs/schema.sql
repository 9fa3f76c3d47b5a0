-- The schema as the migrations in shared/postgres/migrations leave it. A test
-- writes this file and compares it: go test ./shared/postgres/migrations -update

create table users (
    id bigint generated always as identity,
    uuid uuid not null,
    username text collate "C" not null,
    first_name text not null,
    last_name text not null,
    email text collate "C" not null,
    password_hash text not null,
    role text not null default 'USER'::text,
    active boolean not null default true,
    token_version bigint not null default 1,
    reset_version bigint not null default 1,
    created_at timestamp with time zone not null,
    updated_at timestamp with time zone not null,
    last_login_at timestamp with time zone,
    password_changed_at timestamp with time zone,
    email_status text not null default 'ok'::text,
    metadata text not null default '{}'::text,
    app_metadata text not null default '{}'::text,
    constraint users_pkey PRIMARY KEY (id),
    constraint users_email_check CHECK (((length(email) >= 3) AND (length(email) <= 254))),
    constraint users_email_status_check CHECK ((email_status = ANY (ARRAY['ok'::text, 'soft_bounce'::text, 'bounced'::text, 'complained'::text, 'suppressed'::text]))),
    constraint users_role_check CHECK ((role = ANY (ARRAY['USER'::text, 'ADMIN'::text]))),
    constraint users_username_check CHECK ((username ~ '^[a-z0-9][a-z0-9._-]{1,30}[a-z0-9]$'::text)),
    constraint users_username_key UNIQUE (username),
    constraint users_uuid_key UNIQUE (uuid)
);

CREATE INDEX users_admins_created_at_idx ON public.users USING btree (created_at DESC, id DESC) WHERE (role = 'ADMIN'::text);

CREATE INDEX users_admins_idx ON public.users USING btree (id) WHERE ((role = 'ADMIN'::text) AND active);

CREATE INDEX users_created_at_idx ON public.users USING btree (created_at DESC, id DESC);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE INDEX users_email_status_idx ON public.users USING btree (email_status, created_at DESC, id DESC) WHERE (email_status <> 'ok'::text);

CREATE INDEX users_first_name_idx ON public.users USING btree (lower(first_name) COLLATE "C");

CREATE INDEX users_inactive_idx ON public.users USING btree (created_at DESC, id DESC) WHERE (NOT active);

CREATE INDEX users_last_login_at_idx ON public.users USING btree (last_login_at DESC NULLS LAST, id DESC);

CREATE INDEX users_last_name_idx ON public.users USING btree (lower(last_name) COLLATE "C");

create table resets (
    hash bytea not null,
    user_id bigint not null,
    created_at timestamp with time zone not null,
    expires_at timestamp with time zone not null,
    version bigint not null default 1,
    constraint resets_pkey PRIMARY KEY (hash),
    constraint resets_hash_check CHECK ((length(hash) = 32)),
    constraint resets_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE INDEX resets_user_id_idx ON public.resets USING btree (user_id);

create table limits (
    key bytea not null,
    backoff boolean not null,
    most integer not null,
    taken integer not null,
    in_a_row integer not null,
    until timestamp with time zone not null,
    account uuid,
    checking_since timestamp with time zone,
    constraint limits_pkey PRIMARY KEY (key)
);

CREATE INDEX limits_kind_idx ON public.limits USING btree ((
CASE
    WHEN (NOT backoff) THEN 0
    WHEN (account IS NOT NULL) THEN
    CASE
        WHEN (in_a_row < most) THEN 3
        ELSE 4
    END
    WHEN (in_a_row <= 5) THEN 1
    ELSE 2
END), until);

create table audit_heads (
    chain smallint not null,
    seq bigint not null,
    digest bytea not null,
    hash bytea not null,
    constraint audit_heads_pkey PRIMARY KEY (chain)
);

create table audit (
    chain smallint not null,
    seq bigint not null,
    at timestamp with time zone not null,
    actions text[] not null,
    actor uuid,
    target uuid,
    event text not null,
    hash bytea not null,
    constraint audit_pkey PRIMARY KEY (chain, seq)
);

CREATE INDEX audit_actor_alone_idx ON public.audit USING btree (actor, at DESC, chain, seq) WHERE ((actor IS NOT NULL) AND (target IS NULL));

CREATE INDEX audit_actor_idx ON public.audit USING btree (actor, at DESC, chain, seq) WHERE (actor <> target);

CREATE INDEX audit_at_idx ON public.audit USING btree (at DESC, chain, seq);

CREATE INDEX audit_deleted_idx ON public.audit USING btree (at) WHERE ((actions @> '{delete}'::text[]) AND (target <> '00000000-0000-0000-0000-000000000000'::uuid));

CREATE INDEX audit_erased_idx ON public.audit USING btree (chain, seq) WHERE ((actor = '00000000-0000-0000-0000-000000000000'::uuid) OR (target = '00000000-0000-0000-0000-000000000000'::uuid));

CREATE INDEX audit_target_idx ON public.audit USING btree (target, at DESC, chain, seq);

create table sessions (
    id uuid not null,
    user_id bigint not null,
    version bigint not null,
    generation bigint not null,
    hash bytea not null,
    parent bytea,
    method text not null,
    device_name text not null,
    user_agent text not null,
    address text not null,
    created_at timestamp with time zone not null,
    last_used_at timestamp with time zone not null,
    idle_ends_at timestamp with time zone not null,
    ends_at timestamp with time zone not null,
    last_address text not null default ''::text,
    last_network text not null default ''::text,
    last_user_agent text not null default ''::text,
    repeated_generation bigint,
    constraint sessions_pkey PRIMARY KEY (id),
    constraint sessions_hash_check CHECK ((length(hash) = 32)),
    constraint sessions_parent_check CHECK ((length(parent) = 32)),
    constraint sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE INDEX sessions_user_id_idx ON public.sessions USING btree (user_id);

create table devices (
    hash bytea not null,
    user_id bigint not null,
    version bigint not null,
    created_at timestamp with time zone not null,
    last_used_at timestamp with time zone not null,
    constraint devices_pkey PRIMARY KEY (hash),
    constraint devices_hash_check CHECK ((length(hash) = 32)),
    constraint devices_user_id_fkey FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE
);

CREATE INDEX devices_user_id_idx ON public.devices USING btree (user_id);
