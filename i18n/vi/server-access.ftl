## partner
partner-key-would-open-nothing = Khóa này không có quyền truy cập: tài khoản chưa có vai trò PARTNER_READER ở đơn vị này hoặc cấp trên. Hãy cấp vai trò trước.
partner-key-lives-1-days = Thời hạn của khóa phải từ 1 đến { $limit } ngày. Hãy nhập lại số ngày.
partner-account-keys-alive-revoke = Tài khoản đã có { $limit } khóa còn hiệu lực. Hãy thu hồi một khóa trước.
