-- The table of the Flask service, as its last migration left it.
create type userrole as enum ('USER', 'ADMIN');
create table "user" (
	id serial primary key,
	username varchar(50) not null unique,
	first_name varchar(50) not null,
	last_name varchar(50) not null,
	password_hash varchar(256) not null,
	email varchar(100) not null unique,
	role userrole,
	created_at timestamp without time zone,
	updated_at timestamp without time zone,
	active boolean
);
