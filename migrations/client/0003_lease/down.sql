alter table progress drop column contact_at;
alter table progress drop column seen_at;
alter table progress drop column away;
alter table progress drop column lease_days;
