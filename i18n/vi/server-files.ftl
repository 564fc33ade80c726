## baseline
baseline-expected-got = cần { $expected }, nhận được "{ $got }"

## csv-file
csv-file-column-missing-first-line = thiếu cột { $missing }; dòng đầu hiện có: { $got }

## csv-table
csv-table-unknown-column-columns = cột lạ { $name }; các cột là { $requested }
csv-table-row-fields-heading = dòng có { $line } cột, cần { $column_count } cột như dòng tiêu đề
csv-table-most-rows-read = tối đa { $limit } dòng
csv-table-heading-must-have-exactly = dòng tiêu đề cần đúng một cột { $column }
csv-table-expected-got = cần { $expected }; đang là { $got }
csv-table-value-not-empty-field = một giá trị, không để trống
csv-table-date-such-as-2025 = ngày như 2025-07-01, hoặc để trống

## handover
handover-closing-hand-opening = closing, hand hoặc opening
handover-code-element = mã chỉ tiêu
handover-whole-number-from-0 = số nguyên từ 0
handover-one-line-each-stock = mỗi tồn kho một dòng
handover-code-unit-declared = mã một đơn vị đã khai

## org
org-two-codes-stand-among = hai mã có trong danh sách đơn vị, khác nhau, tỷ trọng 1, mỗi mã sau chỉ nối một lần
org-date-such-as-2025 = ngày như 2025-07-01

## report-csv
report-csv-column-no-element-code = cột "{ $head }" không phải là mã chỉ tiêu; hãy sửa hoặc bỏ cột
report-csv-nil-report-no-cells = đã ghi không phát sinh thì các ô phải để trống; hãy bỏ một trong hai
report-csv-line-says-nothing-give = dòng không có số liệu; ghi số hoặc ghi x ở cột nil

## toml-reader
csv-file-line-unreadable = không đọc được dòng này: { $error }
org-weight-as = số như 1, 0.25 hoặc 1/3 ({ $error })
report-csv-nil-word = không phát sinh
toml-reader-unreadable = không đọc được tệp TOML: { $message }
toml-reader-last-day-comes-before = { $key }: ngày cuối { $end } ở trước ngày đầu { $start }; hãy sửa một trong hai
