## job
job-had-run-before = đã chạy trước đó
job-another-server-runs = máy chủ khác đang chạy

## status
status-limit-exceeded-send-less = Vượt giới hạn cho phép. Hãy gửi ít hơn.
status-too-many-requests-try = Quá nhiều yêu cầu. Xin thử lại sau.
status-server-busy-try-again = Máy chủ đang bận. Xin thử lại sau ít giây.
status-page-token-does-not = Mã trang không hợp lệ. Hãy tải lại từ đầu.
status-device-signature-does-not = Chữ ký của thiết bị không hợp lệ. Hãy bắt đầu lại.
status-server-failed-try-once = Lỗi máy chủ. Hãy thử lại một lần, rồi báo quản trị.
status-request-id-used-other = Mã yêu cầu đã dùng cho nội dung khác. Hãy dùng mã mới.
status-enrolment-code-wrong-used = Mã đăng ký không đúng, đã dùng hoặc đã hết hạn. Hãy xin mã mới.
status-not-signed-token-expired = Chưa đăng nhập hoặc phiên đã hết hạn. Hãy gia hạn rồi thử lại.
status-device-revoked-local-data = Thiết bị đã bị thu hồi. Hãy xóa dữ liệu trên máy và liên hệ quản trị.
status-server-superseded-go-next = Máy chủ này đã được thay thế. Hãy dùng địa chỉ kế tiếp; nếu không có, báo quản trị.
status-password-15-128-characters = Mật khẩu cần từ 15 đến 128 ký tự, không cần ký tự đặc biệt. Hãy chọn một câu dài dễ nhớ.
status-account-password-wrong-try = Tài khoản hoặc mật khẩu không đúng. Hãy thử lại; nếu quên, xin quản trị mã mới để đặt lại mật khẩu.
