## partner
partner-key-would-open-nothing = This key would open nothing: the account does not hold PARTNER_READER on the unit or above it. Grant the role first.
partner-key-lives-1-days = A key lives for 1 to { $limit } days.
partner-account-keys-alive-revoke = The account has { $limit } keys that are alive. Revoke one of them first.
