## partner
partner-key-would-open-nothing = Khóa này không có quyền truy cập: tài khoản chưa có vai trò ở đơn vị này hoặc cấp trên: PARTNER_READER để đọc, PARTNER_WRITER để gửi báo cáo. Hãy cấp vai trò trước.
partner-key-names-contracts = Khóa được gửi báo cáo phải nêu mã các chế độ báo cáo, và chế độ nào cũng phải có; khóa khác thì không nêu. Xem mã bằng `thidua campaign export`.
partner-key-lives-1-days = Thời hạn của khóa phải từ 1 đến { $limit } ngày. Hãy nhập lại số ngày.
partner-account-keys-alive-revoke = Tài khoản đã có { $limit } khóa còn hiệu lực. Hãy thu hồi một khóa trước.
