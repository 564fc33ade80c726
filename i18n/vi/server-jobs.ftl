## jobs
jobs-applies-what-day-changes = Áp dụng thay đổi có hiệu lực trong ngày: tổ chức; phát động, bắt đầu và hết hạn phong trào
jobs-locks-accepted-reports-whose = Khóa báo cáo đã duyệt khi hết thời gian gia hạn
jobs-asks-units-about-quality = Gửi đơn vị các câu hỏi về chất lượng số liệu
jobs-folds-accepted-figures-judges = Tổng hợp số liệu đã duyệt và đánh giá chỉ tiêu
jobs-says-when-figures-phase = Thông báo khi số liệu của một đợt đã đủ để sơ kết
jobs-computes-latest-results-again = Tính lại kết quả mới nhất từ báo cáo gốc
jobs-makes-verified-copy-brings = Tạo bản sao lưu có kiểm tra và chuyển sang nơi lưu thứ hai
jobs-trims-old-tombstones-answers = Dọn dấu xóa và câu trả lời đã cũ
jobs-drills-restore-opens-checks = Diễn tập khôi phục: mở và kiểm tra bản sao lưu mới nhất
jobs-counts-reports-due-not = Đếm báo cáo đến hạn chưa gửi để nhắc đơn vị
jobs-verifies-chain-audit = Kiểm tra chuỗi nhật ký và toàn bộ dữ liệu đã lưu, rồi ký xác nhận nhật ký
