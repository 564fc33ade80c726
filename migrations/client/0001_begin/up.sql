-- The phone's tables. Times are microseconds UTC by the server's clock, ids are 16 bytes, numbers of kinds are those of the contract.

-- One row: who this phone is. Written before the first call, so that enrolling again repeats the first call.
create table device (
  one smallint not null primary key check (one = 1),
  enrolled boolean not null,
  code text not null,
  device_id blob not null,
  private_key blob not null,
  addresses text not null,
  ca_sha256 blob not null,
  account_id blob not null,
  unit_id blob not null,
  roles blob not null,
  certificate blob not null,
  certificate_signature blob not null,
  authority_key blob not null,
  token text not null,
  token_expires bigint not null
);

-- One row: how far this phone is. `staged_cursor` is empty when nothing is staged.
create table progress (
  one smallint not null primary key check (one = 1),
  next_number bigint not null,
  epoch_number bigint not null,
  epoch_id blob not null,
  cursor blob not null,
  staged_cursor blob not null,
  sync_mark blob not null,
  seq bigint not null,
  safe_past bigint not null,
  server_time bigint not null,
  forked bigint not null
);
insert into progress values (1, 1, 0, x'', x'', x'', x'', 0, 0, 0, 0);

-- The present version of each record, as bytes.
create table record (
  kind smallint not null,
  id blob not null,
  revision bigint not null,
  bytes blob not null,
  primary key (kind, id)
);

-- The scopes that this phone ever heard of; `granted` ones have pairs. `generation` counts rebuildings here, `named` is what the
-- server called the latest one: a server that lost its memory may call two alike.
create table scope (
  no integer not null primary key,
  kind smallint not null,
  id blob not null,
  granted boolean not null,
  generation bigint not null,
  named bigint not null,
  count bigint not null,
  sum blob not null,
  rebuild boolean not null,
  rebuilds smallint not null,
  removal smallint not null,
  unique (kind, id)
);

-- Which record is here for which scope; a record leaves with its last pair.
create table pair (
  scope integer not null,
  kind smallint not null,
  id blob not null,
  generation bigint not null,
  primary key (scope, kind, id)
);
create index pair_by_record on pair (kind, id);

-- What came since the last checkpoint, in the order in which it came.
create table staged (
  position integer not null primary key autoincrement,
  op smallint not null,
  kind smallint not null,
  id blob not null,
  revision bigint not null,
  bytes blob not null,
  scopes blob not null,
  number bigint not null
);

-- The outbox, and what became of each command.
create table command (
  number bigint not null primary key,
  report_id blob not null,
  body smallint not null,
  bytes blob not null,
  made_at bigint not null,
  state smallint not null,
  outcome smallint not null,
  reason smallint not null,
  problems text not null,
  seq bigint not null,
  revision bigint not null,
  record_id blob not null,
  settled_seq bigint not null,
  settled_at bigint not null,
  resolved boolean not null
);
create index command_by_report on command (report_id, number);
create index command_by_state on command (state, number);
