drop table command;
drop table staged;
drop table pair;
drop table scope;
drop table record;
drop table progress;
drop table device;
