## partner
partner-key-would-open-nothing = Khóa này không mở được gì: tài khoản chưa có vai trò PARTNER_READER ở đơn vị này hoặc cấp trên. Hãy cấp vai trò trước.
partner-key-lives-1-days = Khóa sống từ 1 đến { $limit } ngày.
partner-account-keys-alive-revoke = Tài khoản đã có { $limit } khóa còn hiệu lực. Hãy thu hồi một khóa trước.
