## baseline
baseline-expected-got = cần { $expected }, giá trị hiện tại là "{ $got }"
baseline-source-text = văn bản là nguồn của số liệu

## csv-table
csv-table-unknown-column-columns = cột { $name } không hợp lệ; các cột được dùng: { $requested }
csv-table-expected-got = cần { $expected }; giá trị hiện tại: { $got }
csv-table-value-not-empty-field = một giá trị, không để trống

## handover
handover-closing-hand-opening = closing, hand hoặc opening
handover-code-element = mã chỉ tiêu thống kê
handover-whole-number-from-0 = số nguyên không âm
handover-number-from-0 = số không âm, có nhiều nhất { $decimals } chữ số thập phân
handover-one-line-each-stock = mỗi số tồn một dòng
handover-code-unit-declared = mã của một đơn vị đã khai báo

## org
org-two-codes-stand-among = hai mã khác nhau có trong danh sách đơn vị, tỷ trọng 1, mỗi mã sau chỉ nối một lần, không tạo vòng
org-code-changed = { $uid }: mã đơn vị hành chính { $old } -> { $new } từ { $from }; hãy sửa mã, ghi căn cứ pháp lý ở dòng "continue" của lineage.csv, hoặc thêm --accept-code-changes
org-code-lost-zeros = mã { $code } đã mất số 0 ở đầu: { $meant } -> { $code }; đơn vị cấp này có mã { $width } chữ số; hãy định dạng cột là văn bản rồi gõ lại
org-code-width = mã { $code } không phải mã { $width } chữ số của đơn vị cấp này; hãy sửa lại
org-date-such-as-2025 = ngày như 2025-07-01

## report-csv
report-csv-column-no-element-code = cột "{ $head }" không phải là mã chỉ tiêu thống kê; hãy sửa hoặc bỏ cột
report-csv-nil-report-no-cells = báo cáo không phát sinh thì các ô về sự việc phải để trống; hãy bỏ một trong hai
report-csv-line-says-nothing-give = dòng không có số liệu; hãy ghi số liệu hoặc ghi x ở cột nil

## table
table-most-rows = chỉ đọc tối đa { $limit } dòng; hãy tách tệp
table-most-cells = trang tính có hơn { $limit } ô; hãy xóa phần ở bên phải bảng, hoặc tách tệp
table-most-columns = chỉ đọc tối đa { $limit } cột; hãy xóa phần ở bên phải bảng
table-old-workbook = đây là tệp Excel cũ (.xls) hoặc tệp có mật khẩu; hãy lưu lại dạng .xlsx không có mật khẩu, hoặc dạng "CSV UTF-8"
table-ods-workbook = đây là bảng tính ODS, không đọc được; hãy lưu lại dạng .xlsx, hoặc dạng "CSV UTF-8"
table-utf-16 = tệp dùng bảng mã UTF-16; trong Excel hãy lưu dạng "CSV UTF-8" hoặc .xlsx
table-not-utf-8 = tệp không phải UTF-8; trong Excel hãy lưu dạng "CSV UTF-8" hoặc .xlsx
table-tcvn3 = "{ $typed }" dùng bảng mã TCVN3 (phông .Vn...), trong Unicode là "{ $decoded }"; hãy chuyển tệp sang Unicode rồi lưu lại
table-vni = "{ $typed }" dùng bảng mã VNI (phông VNI-...); hãy chuyển tệp sang Unicode rồi lưu lại
table-stray-quote = dấu ngoặc kép nằm giữa ô không mở đầu bằng ngoặc kép; hãy đặt cả ô trong ngoặc kép và viết đôi mỗi dấu ngoặc kép bên trong
table-open-quote = dấu ngoặc kép này không được đóng; hãy đóng lại hoặc bỏ đi
table-bad-workbook = không đọc được tệp Excel; hãy mở bằng Excel hoặc LibreOffice rồi lưu lại dạng .xlsx
table-workbook-too-large = tệp Excel khi giải nén lớn hơn { $limit } MiB; hãy chỉ giữ trang tính có bảng
table-no-sheet = tệp Excel không có trang tính nào đang hiện có bảng; hãy bỏ ẩn trang tính hoặc chọn đúng tệp
table-many-sheets = tệp Excel có nhiều trang tính: { $names }; hãy giữ một, ẩn hoặc xóa các trang tính khác
table-hidden-rows = { $count } dòng đang ẩn vẫn được đọc: { $rows }; hãy xóa nếu không dùng
table-hidden-sheet = không đọc trang tính đang ẩn "{ $name }"
table-column-missing = thiếu cột { $missing }; dòng tiêu đề hiện có: { $got }
table-column-without-name = cột này có dữ liệu nhưng không có tên (ô gộp làm các ô khác để trống); hãy đặt tên hoặc xóa cột
table-column-twice = cột { $name } có ở cột thứ { $first } và cột thứ { $second }; hãy xóa một cột
table-title-above = có dòng tên bảng ở trên dòng tiêu đề; hãy xóa mọi dòng ở trên dòng { $line }
table-merged-cells = ô gộp từ dòng { $first } đến dòng { $last } và chỉ ô đầu có giá trị; hãy bỏ gộp và điền từng ô
table-total-row = đây là dòng tổng ("{ $word }"); hãy xóa dòng này, phần mềm tự tính tổng
table-total-words = tổng; tổng cộng; tổng số; cộng
table-row-shape = dòng có { $count } cột, dòng tiêu đề có { $width } cột; ô có dấu phẩy trong chữ hoặc số phải đặt trong ngoặc kép
table-row-repeated = { $what } có ở dòng { $earlier } và lặp lại ở dòng { $line }; hãy xóa một dòng
table-became-a-day = phần mềm bảng tính đã đổi ô này thành ngày { $day }; hãy định dạng cột là văn bản rồi gõ lại
table-formula-without-value = công thức chưa có giá trị; hãy mở tệp bằng Excel hoặc LibreOffice để tính rồi lưu lại, hoặc gõ giá trị
table-bad-cell = "{ $typed }" không phải là chữ, số hay ngày; hãy gõ giá trị
table-exponent = "{ $typed }" là số do phần mềm bảng tính viết gọn (có thể là { $meant }), có thể đã mất chữ số và số 0 ở đầu; hãy định dạng cột là văn bản rồi gõ lại
table-not-a-day = "{ $typed }" không phải là ngày; hãy ghi 2026-11-16 hoặc 16/11/2026
table-day-two-ways = "{ $typed }" có thể là { $one } hoặc { $other }; hãy ghi năm đủ bốn chữ số, như 2026-11-16
table-day-month-first = "{ $typed }" ghi tháng trước ngày ({ $day }); hãy ghi 2026-11-16 hoặc 16/11/2026
table-day-number = "{ $typed }" là số thứ tự ngày của phần mềm bảng tính ({ $day }); hãy định dạng cột là ngày hoặc ghi 2026-11-16
table-number-two-ways = "{ $typed }" có thể là { $decimal } hoặc { $thousands }; hãy cho biết dấu thập phân: --decimal point|comma, hoặc cột number_format ghi point hoặc comma
table-number-other-mark = "{ $typed }" không khớp với dấu thập phân "{ $mark }" của tệp; hãy sửa số hoặc sửa dấu thập phân

## toml-reader
org-weight-as = số như 1, 0.25 hoặc 1/3 ({ $error })
report-csv-nil-word = không phát sinh
report-csv-missing-awaiting-source = chờ số liệu của nơi khác
report-csv-missing-not-counted = đơn vị không thống kê kỳ này
report-csv-missing-see-note = xem ghi chú
report-csv-nothing-missing = không ô nào để trống, nên không có gì thiếu; hãy xóa lý do, hoặc xóa ô số liệu chưa có
toml-reader-unreadable = không đọc được tệp TOML: { $message }
toml-reader-last-day-comes-before = { $key }: ngày cuối { $end } trước ngày đầu { $start }; hãy sửa một trong hai ngày
toml-reader-key-twice = khóa này có hai lần; hãy bỏ một

## grant
grant-one-of-roles = một trong { $codes }
grant-day-not-before = ngày không sớm hơn { $first }
grant-one-line-each-role = mỗi tài khoản, vai trò và đơn vị một dòng
grant-unit-open-on = đơn vị đang hoạt động ngày { $first }; đơn vị đã kết thúc thì ghi đơn vị kế thừa

## report-template
template-title = { $form }, { $period }. Chỉ điền vào các ô nền trắng rồi lưu tệp; cột xám là số liệu kỳ trước, không phải điền.
template-sheet = Báo cáo
template-contract = Chế độ báo cáo
template-unit = Mã đơn vị
template-unit-name = Đơn vị
template-first-day = Từ ngày
template-last-day = Đến ngày
template-nil = Không phát sinh
template-missing = Lý do chưa có số liệu
template-note = Ghi chú
template-last = Kỳ trước: { $name }
template-refused = Chưa đúng
template-figure-whole = { $name }: số nguyên từ { $least } đến { $most }. Chưa có số liệu thì để trống và chọn lý do; không phát sinh thì ghi 0.
template-figure = { $name }: số từ { $least } đến { $most }, không quá { $decimals } chữ số thập phân. Chưa có số liệu thì để trống và chọn lý do.
template-nil-how = Chọn khi cả kỳ không phát sinh; các ô số phát sinh trong kỳ để trống, số hiện có cuối kỳ vẫn phải điền.
template-missing-how = Chọn lý do cho tất cả các ô số liệu để trống của dòng này.
template-note-how = Không quá 500 ký tự; không ghi số giấy tờ, số điện thoại, biển số xe hoặc tên người.
template-no-such-period = không có kỳ "{ $period }" mà các đơn vị này phải báo cáo; hãy ghi như 2024-W34, 34/2024, 2026-07 hoặc ngày đầu kỳ, và kiểm tra mã đơn vị
template-ambiguous-period = "{ $period }" có thể là { $count } kỳ ({ $names }); hãy ghi một mã kỳ hoặc ngày đầu kỳ
template-no-such-contract = không có chế độ báo cáo { $contract } đang áp dụng; hãy dùng một trong: { $codes }. Phong trào còn là dự thảo thì phê duyệt trước
