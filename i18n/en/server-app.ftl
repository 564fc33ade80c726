## backup
backup-no-place-copies-named = No place for backups is configured. Set backup.dir and backup.second in the configuration file.

## error
error-there-no-organisation-yet = There is no organisation yet. Run `thidua org import` first.
