drop table command_receipt;
drop table outbox_command;
drop table staged_change;
drop table scope_record;
drop table scope;
drop table record;
drop table sync_progress;
drop table device;
