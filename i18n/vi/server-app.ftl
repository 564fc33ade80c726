## backup
backup-no-place-copies-named = Chưa có nơi lưu bản sao lưu. Hãy đặt backup.dir và backup.second trong tệp cấu hình.

## error
error-there-no-organisation-yet = Chưa có dữ liệu tổ chức. Hãy chạy `thidua org import` trước.
