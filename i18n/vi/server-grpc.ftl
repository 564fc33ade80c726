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
dhis2-no-such-contract = Không có chế độ báo cáo "{ $code }". Hãy ghi mã như trong tệp phong trào.
dhis2-period-not-owed = Đơn vị không phải báo cáo "{ $code }" cho kỳ { $period }, hoặc kỳ của đơn vị có ngày khác với mã này. Hãy gửi kèm ngày đầu kỳ qua DeliverReports.
dhis2-no-such-unit = Theo cách đặt mã { $scheme }, vào ngày đầu kỳ không có đơn vị nào, hoặc có nhiều đơn vị, mang mã "{ $unit }". Hãy dùng cách đặt mã khác.
dhis2-no-such-element = Không có chỉ tiêu "{ $element }". Hãy ghi mã chỉ tiêu.
dhis2-value-twice = Chỉ tiêu "{ $element }" được gửi hai lần cho báo cáo này. Hãy gửi một lần.
dhis2-value-as-text = Không đọc giá trị { $value } của "{ $element }" để không mất phần thập phân. Hãy gửi dưới dạng chuỗi.
dhis2-value-not-read = Giá trị "{ $value }" của "{ $element }" không phải là số có phần thập phân đúng với chỉ tiêu: chỉ gồm chữ số và dấu chấm thập phân.
dhis2-unreadable = Đây không phải là bộ số liệu JSON: { $fault }. Hãy gửi một đối tượng có dataSet, period, orgUnit và dataValues.
exchange-no-such-option = Không có tùy chọn "{ $name }". Các tùy chọn được dùng: { $known }.
exchange-unknown-option = Tùy chọn { $option } không có giá trị "{ $value }". Các giá trị được dùng: { $known }.
dhis2-name-the-contract = Số liệu không nêu chế độ báo cáo. Hãy gửi mã chế độ ở dataSet, trong bộ số liệu hoặc trên địa chỉ (?dataSet=MÃ).
dhis2-csv-row-short = Dòng { $line } của tệp CSV hết trước cột số liệu. Hãy gửi đủ theo thứ tự: dataelement, period, orgunit, categoryoptioncombo, attributeoptioncombo, value.
dhis2-csv-unreadable = Đây không phải bộ số liệu CSV, dòng { $line }: { $fault }
dhis2-unknown-option = Tùy chọn { $option } không có giá trị "{ $value }". Các giá trị: idScheme, orgUnitIdScheme và dataElementIdScheme là uid, code, name, attribute:HỆ-MÃ; importStrategy là CREATE, UPDATE, CREATE_AND_UPDATE; dryRun là true, false.
dhis2-most-reports = Một bộ dữ liệu có số liệu của tối đa { $limit } báo cáo. Hãy tách ra.
dhis2-no-delete = Không xóa số liệu đã ghi nhận. Hãy gửi số liệu đúng; số liệu đã duyệt chỉ thay đổi qua đề nghị sửa.
dhis2-strategy = Cách nhập không cho phép: báo cáo đã có, hoặc chưa có.
dhis2-proposed = Báo cáo đã được duyệt. Phần khác biệt chờ người duyệt dưới dạng đề nghị sửa.
dhis2-in-conflict = Đơn vị đã nhập số liệu khác. Thủ trưởng đơn vị quyết định số liệu nào đúng.
dhis2-import-done = Đã nhập xong
dhis2-import-with-conflicts = Đã nhập, có vướng mắc: mỗi vướng mắc ghi kèm vị trí của giá trị
status-bad-json = Nội dung JSON không đúng cấu trúc của lệnh gọi: { $error }. Xem các trường trong tệp proto; trường không có trong đó bị từ chối.
