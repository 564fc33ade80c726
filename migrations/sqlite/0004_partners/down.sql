DROP TABLE service_key;
