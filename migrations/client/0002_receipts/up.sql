-- What the authority signed of the commands that it took from this phone: the latest receipts, proof to anybody.
create table receipt (
  taken bigint not null primary key,
  body blob not null,
  signature blob not null
);
