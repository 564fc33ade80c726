-- The offline lease: the phone's clock at the last checkpoint and when last looked at, the longest time without contact since, microseconds,
-- and the length in days. Of what came before only the server's time is known.
alter table progress add column contact_at bigint not null default 0;
alter table progress add column seen_at bigint not null default 0;
alter table progress add column away bigint not null default 0;
alter table progress add column lease_days smallint not null default 14;
update progress set contact_at = server_time, seen_at = server_time;
