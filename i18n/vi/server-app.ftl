## backup
backup-no-place-copies-named = Chưa có nơi để bản sao lưu. Hãy đặt backup.dir và backup.second trong tệp cấu hình.

## error
error-there-no-organisation-yet = Chưa có tổ chức. Hãy chạy `thidua org import` trước.
