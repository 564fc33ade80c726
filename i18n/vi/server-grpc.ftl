## job
job-had-run-before = đã chạy trước đó
job-another-server-runs = một máy chủ khác đang chạy

## status
status-LIMIT_EXCEEDED = Vượt giới hạn cho phép. Hãy giảm số lượng rồi gửi lại.
status-RATE_LIMITED = Quá nhiều yêu cầu. Hãy thử lại sau.
status-BUSY = Máy chủ đang bận. Hãy thử lại sau ít giây.
status-BAD_PAGE_TOKEN = Mã trang không phù hợp với yêu cầu này. Hãy tải lại từ đầu.
status-BAD_SIGNATURE = Chữ ký của thiết bị không hợp lệ. Hãy bắt đầu lại.
status-INTERNAL = Máy chủ gặp lỗi. Hãy thử lại một lần; nếu vẫn lỗi, hãy báo quản trị viên.
status-REQUEST_ID_REUSED = Mã yêu cầu đã được dùng cho nội dung khác. Hãy dùng mã mới.
status-CODE_REFUSED = Mã ghi danh không đúng, đã dùng hoặc đã hết hạn. Hãy xin mã mới.
status-UNAUTHENTICATED = Chưa đăng nhập hoặc phiên làm việc đã hết hạn. Hãy gia hạn rồi thử lại.
status-DEVICE_REVOKED = Thiết bị đã bị thu hồi. Hãy xóa dữ liệu trên thiết bị và liên hệ quản trị viên.
status-SERVER_SUPERSEDED = Máy chủ này đã được thay thế. Hãy dùng địa chỉ kế tiếp; nếu không có, hãy báo quản trị viên.
status-PASSWORD_LENGTH = Mật khẩu phải có từ 15 đến 128 ký tự, không bắt buộc ký tự đặc biệt. Hãy chọn một câu dài dễ nhớ.
status-SIGN_IN_REFUSED = Tài khoản hoặc mật khẩu không đúng. Hãy thử lại; nếu quên mật khẩu, hãy xin quản trị viên mã mới để đặt lại.
status-bad-json = Nội dung JSON không đúng cấu trúc của lệnh gọi: { $error }. Xem các trường trong tệp proto; trường không có trong đó bị từ chối.
