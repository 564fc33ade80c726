## baseline
baseline-expected-got = cần { $expected }, giá trị hiện tại là "{ $got }"

## csv-file
csv-file-column-missing-first-line = thiếu cột { $missing }; dòng đầu hiện có: { $got }

## csv-table
csv-table-unknown-column-columns = cột { $name } không hợp lệ; các cột được dùng: { $requested }
csv-table-row-fields-heading = dòng có { $line } cột, dòng tiêu đề có { $column_count } cột; hãy sửa cho bằng nhau
csv-table-most-rows-read = chỉ đọc tối đa { $limit } dòng; hãy tách tệp
csv-table-heading-must-have-exactly = dòng tiêu đề phải có đúng một cột { $column }
csv-table-expected-got = cần { $expected }; giá trị hiện tại: { $got }
csv-table-value-not-empty-field = một giá trị, không để trống
csv-table-date-such-as-2025 = ngày như 2025-07-01, hoặc để trống

## handover
handover-closing-hand-opening = closing, hand hoặc opening
handover-code-element = mã chỉ tiêu thống kê
handover-whole-number-from-0 = số nguyên không âm
handover-number-from-0 = số không âm, có nhiều nhất { $decimals } chữ số thập phân
handover-one-line-each-stock = mỗi số tồn một dòng
handover-code-unit-declared = mã của một đơn vị đã khai báo

## org
org-two-codes-stand-among = hai mã khác nhau có trong danh sách đơn vị, tỷ trọng 1, mỗi mã sau chỉ nối một lần, không tạo vòng
org-date-such-as-2025 = ngày như 2025-07-01

## report-csv
report-csv-column-no-element-code = cột "{ $head }" không phải là mã chỉ tiêu thống kê; hãy sửa hoặc bỏ cột
report-csv-nil-report-no-cells = báo cáo không phát sinh thì các ô về sự việc phải để trống; hãy bỏ một trong hai
report-csv-line-says-nothing-give = dòng không có số liệu; hãy ghi số liệu hoặc ghi x ở cột nil

## toml-reader
csv-file-line-unreadable = không đọc được dòng này: { $error }
org-weight-as = số như 1, 0.25 hoặc 1/3 ({ $error })
report-csv-nil-word = không phát sinh
toml-reader-unreadable = không đọc được tệp TOML: { $message }
toml-reader-last-day-comes-before = { $key }: ngày cuối { $end } trước ngày đầu { $start }; hãy sửa một trong hai ngày
toml-reader-key-twice = khóa này có hai lần; hãy bỏ một

## grant
grant-one-line-each-role = mỗi tài khoản, vai trò và đơn vị một dòng
grant-one-of-roles = một trong { $codes }
grant-day-not-before = ngày không sớm hơn { $first }
grant-unit-open-on = đơn vị đang hoạt động ngày { $first }; đơn vị đã kết thúc thì ghi đơn vị kế thừa
