DROP TABLE run_input;
DROP TABLE run_manifest;
