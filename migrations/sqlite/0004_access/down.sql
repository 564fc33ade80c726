DROP TABLE password;
DROP TABLE service_key;
ALTER TABLE device ADD COLUMN seen_day INTEGER;
