DROP TABLE former_grant;
DROP TABLE held;
