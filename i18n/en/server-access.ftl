## partner
partner-key-would-open-nothing = This key would give no access: the account does not have the role PARTNER_READER on the unit or above it. Grant the role first.
partner-key-lives-1-days = A key is valid for 1 to { $limit } days. Enter another number of days.
partner-account-keys-alive-revoke = The account has { $limit } valid keys. Revoke one of them first.
