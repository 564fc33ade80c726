DROP TABLE password;
DROP TABLE service_key;
