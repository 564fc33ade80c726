## partner
partner-key-lives-1-days = A key lives for 1 to { $value } days.
partner-key-would-open-nothing = This key would open nothing: the account does not hold PARTNER_READER on the unit or above it. Grant the role first.
partner-account-keys-alive-revoke = The account has { $value } keys that are alive. Revoke one of them first.
