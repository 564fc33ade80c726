## job
job-had-run-before = đã chạy trước đó
job-another-server-runs = máy chủ khác đang chạy

## status
status-LIMIT_EXCEEDED = Vượt giới hạn cho phép. Hãy gửi ít hơn.
status-RATE_LIMITED = Quá nhiều yêu cầu. Xin thử lại sau.
status-BUSY = Máy chủ đang bận. Xin thử lại sau ít giây.
status-BAD_PAGE_TOKEN = Mã trang không hợp lệ. Hãy tải lại từ đầu.
status-BAD_SIGNATURE = Chữ ký của thiết bị không hợp lệ. Hãy bắt đầu lại.
status-INTERNAL = Lỗi máy chủ. Hãy thử lại một lần, rồi báo quản trị.
status-REQUEST_ID_REUSED = Mã yêu cầu đã dùng cho nội dung khác. Hãy dùng mã mới.
status-CODE_REFUSED = Mã đăng ký không đúng, đã dùng hoặc đã hết hạn. Hãy xin mã mới.
status-UNAUTHENTICATED = Chưa đăng nhập hoặc phiên đã hết hạn. Hãy gia hạn rồi thử lại.
status-DEVICE_REVOKED = Thiết bị đã bị thu hồi. Hãy xóa dữ liệu trên máy và liên hệ quản trị.
status-SERVER_SUPERSEDED = Máy chủ này đã được thay thế. Hãy dùng địa chỉ kế tiếp; nếu không có, báo quản trị.
status-PASSWORD_LENGTH = Mật khẩu cần từ 15 đến 128 ký tự, không cần ký tự đặc biệt. Hãy chọn một câu dài dễ nhớ.
status-SIGN_IN_REFUSED = Tài khoản hoặc mật khẩu không đúng. Hãy thử lại; nếu quên, xin quản trị mã mới để đặt lại mật khẩu.
