## partner
partner-key-would-open-nothing = This key would give no access: the account does not have the role on the unit or above it: PARTNER_READER to read, PARTNER_WRITER to send reports. Grant the role first.
partner-key-names-contracts = A key that may send reports names the codes of its contracts, and every contract must exist; another key names none. See the contracts with `thidua campaign export`.
partner-key-lives-1-days = A key is valid for 1 to { $limit } days. Enter another number of days.
partner-account-keys-alive-revoke = The account has { $limit } valid keys. Revoke one of them first.
