-- The phone's tables. Times are microseconds UTC by the server's clock unless a comment says
-- otherwise; ids are 16 bytes; kinds, outcomes and reasons are the numbers of the contract.

-- One row: identity and enrolment of this phone. Written before the first call, so that a repeated
-- enrolment repeats the first call.
create table device (
  singleton smallint not null primary key check (singleton = 1),
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
  token_expires bigint not null,
  command_export_key blob not null
);

-- One row: the position of this phone in the feed and its offline lease. `staged_cursor` is empty
-- when nothing is staged. `contact_at` (last checkpoint) and `clock_seen_at` (last reading) are by
-- the phone's clock; `longest_offline` is the longest time without contact since the last
-- checkpoint, in microseconds; `lease_days` is the length of the lease.
create table sync_progress (
  singleton smallint not null primary key check (singleton = 1),
  next_number bigint not null,
  epoch_number bigint not null,
  epoch_id blob not null,
  cursor blob not null,
  staged_cursor blob not null,
  sync_mark blob not null,
  seq bigint not null,
  safe_past_seq bigint not null,
  server_time bigint not null,
  forked_number bigint not null,
  contact_at bigint not null,
  clock_seen_at bigint not null,
  longest_offline bigint not null,
  lease_days smallint not null
);
insert into sync_progress values (1, 1, 0, x'', x'', x'', x'', 0, 0, 0, 0, 0, 0, 0, 14);

-- The present version of each record, as received bytes.
create table record (
  kind smallint not null,
  id blob not null,
  revision bigint not null,
  bytes blob not null,
  primary key (kind, id)
);

-- Every scope that the server has named to this phone; only `granted` ones have rows in
-- `scope_record`. `generation` counts rebuilds on this phone; `server_generation` is the server's
-- number of the latest one, which a server restored from a backup may use twice. `server_number` is
-- the number by which frames of this epoch name the scope; 0 before its first checkpoint.
create table scope (
  local_id integer not null primary key,
  kind smallint not null,
  id blob not null,
  granted boolean not null,
  generation bigint not null,
  server_generation bigint not null,
  server_number bigint not null,
  record_count bigint not null,
  digest_sum blob not null,
  rebuild_requested boolean not null,
  rebuild_count smallint not null,
  removal_reason smallint not null,
  unique (kind, id)
);

-- Which record this phone holds for which scope; a record is deleted with its last row here.
create table scope_record (
  scope_local_id integer not null,
  kind smallint not null,
  id blob not null,
  generation bigint not null,
  primary key (scope_local_id, kind, id)
);
create index scope_record_by_record on scope_record (kind, id);

-- The changes received since the last checkpoint, in order of arrival. `argument` is the generation
-- of a rebuild or the reason of a removal.
create table staged_change (
  position integer not null primary key autoincrement,
  op smallint not null,
  kind smallint not null,
  id blob not null,
  revision bigint not null,
  bytes blob not null,
  scopes blob not null,
  argument bigint not null
);

-- The outbox: each command with its state and the server's verdict. `body_number` is the number of
-- the body's member in the contract; `made_at` is by the phone's clock.
create table outbox_command (
  number bigint not null primary key,
  report_id blob not null,
  body_number smallint not null,
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
create index outbox_command_by_report on outbox_command (report_id, number);
create index outbox_command_by_state on outbox_command (state, number);

-- The latest receipts that the authority signed for the commands of this phone.
create table command_receipt (
  commands_taken bigint not null primary key,
  body blob not null,
  signature blob not null
);

-- Where a command waits that the server holds, by its last verdict: the unit on whose desk it is,
-- its name (a person whose roles have ended no longer holds the organisation), and the reason. A
-- row is deleted with its command.
create table held_place (
  number bigint not null primary key,
  unit_id blob not null,
  unit_name text not null,
  reason smallint not null
);
