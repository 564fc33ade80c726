## chance
chance-none = không có
chance-base-too-large-most = số gốc quá lớn, tối đa một triệu
chance-base-not-given-add = chưa có số gốc của { $code }; hãy thêm --base { $code }=SỐ
chance-if-they-move-independently = từ { $chance } (các số độc lập) đến { $together } (cùng tăng giảm)
chance-though-nothing-really-changed = Dù thực tế không có gì thay đổi, cả chỉ tiêu vẫn đạt do ngẫu nhiên: { $range }.
chance-cases-true-share-exactly = Với { $base } vụ và tỷ lệ thật đúng bằng { $share } %, chỉ tiêu đạt do ngẫu nhiên { $chance } số lần.
chance-chance-cannot-told-use = không tính được mức ngẫu nhiên của { $target }; hãy dùng count, stock, change của chúng, hoặc ratio
chance-if-nothing-really-changed = Nếu thực tế không có gì thay đổi (trung bình { $base } vụ, mức cuối cùng còn đạt { $limit }), chỉ tiêu vẫn đạt do ngẫu nhiên { $chance } số năm.

## coercive-quota
coercive-quota-target-asks-more-acts = chỉ tiêu khuyến khích tăng số lượt cưỡng chế ({ $names }); hãy viết lại, hoặc ghi rõ cấp có thẩm quyền cho phép

## evaluation-text
evaluation-text-not-known = Chưa rõ
evaluation-text-pace-not-known = Chưa rõ tiến độ
evaluation-text-small-numbers-unstable = số nhỏ, không ổn định
evaluation-text-now = mức đến nay: { $allowed }
evaluation-text-forecast-end = dự báo cuối kỳ: { $forecast }
evaluation-text-z-beyond-usual-variation = z = { $z }: vượt dao động thông thường
evaluation-text-last-number-meets = mức cuối cùng còn đạt: { $limit }
evaluation-text-nothing-called-met-before = chưa hết kỳ nên chưa kết luận đạt
evaluation-text-chance-meeting-about = khả năng đạt khoảng { $hundredths } %
evaluation-text-missing-reports = kể cả báo cáo còn thiếu: từ { $lo } đến { $hi }
evaluation-text-needed-rest-against-last = phần còn lại so với năm trước cần: { $change } %
evaluation-text-failures-allowed-too-many = được phép không đạt { $allowed } vụ, đã vượt { $over }
evaluation-text-failures-allowed-still-left = được phép không đạt { $allowed } vụ, còn lại { $remaining }
evaluation-text-z-within-usual-variation = z = { $z }: trong dao động thông thường, không phân biệt được với ngẫu nhiên

## syntax-error
syntax-error-or = { " " }hoặc{ " " }
syntax-error-end-text = hết văn bản
syntax-error-members = thành phần
syntax-error-elements-sum = số hạng
syntax-error-bytes-text = byte văn bản
syntax-error-levels-nesting = tầng lồng nhau
syntax-error-comparator = dấu so sánh (> >= = <= <)
syntax-error-most = không quá { $limit } { $vi }
syntax-error-end-date-after-start = ngày kết thúc sau ngày bắt đầu
syntax-error-date-exists-as-2024 = ngày có thật, dạng 2024-08-19
syntax-error-whole-number-from = số nguyên từ { $least } đến { $most }
syntax-error-column-found-expected = cột { $column }: gặp `{ $found }`; cần { $expected }
syntax-error-name-letters-digits-most = tên (chữ, số, _ - . ; tối đa { $value } ký tự)
syntax-error-column-text-ends-too = cột { $column }: văn bản kết thúc sớm; cần { $expected }
syntax-error-number-without-what-measured = số không có dấu %: đại lượng này là số đếm, không phải tỷ lệ
syntax-error-count-stock-ratio-rate = count, stock, ratio hoặc rate: không tính được thay đổi của thay đổi
syntax-error-element-code-z-0 = mã chỉ tiêu thống kê (a-z, 0-9, _; tối đa { $value } ký tự)
syntax-error-decimal-number-most-digits = số thập phân (tối đa { $value } chữ số, { $value_2 } chữ số sau dấu chấm)

## verdict
verdict-met = Đạt
verdict-floor = mức sàn
verdict-missed = Không đạt
verdict-behind = Chậm tiến độ
verdict-stretch = mức phấn đấu
verdict-pace = Đúng tiến độ
verdict-no-figures = Chưa có số liệu
verdict-not-applicable = Không áp dụng
verdict-not-comparable = Không so sánh được
verdict-no-figures-2 = chưa có số liệu
verdict-not-attested-yet = chưa có xác nhận
verdict-cannot-said-yet = Chưa kết luận được
verdict-already-missed = Đã chắc chắn không đạt
verdict-compared-over-bridge = so sánh qua cầu nối số liệu
verdict-there-no-baseline-import = chưa có số liệu gốc; hãy nhập số liệu gốc
verdict-base-zero-so-there = số gốc bằng 0, không tính phần trăm
verdict-denominator-zero-there-nothing = mẫu số bằng 0: không có vụ nào để tính tỷ lệ
verdict-missing-reports-have-been = thiếu báo cáo đã được người có thẩm quyền ký chấp nhận
verdict-figures-too-large-reckoned = số quá lớn để tính chính xác; hãy kiểm tra số liệu
verdict-base-too-small-percentage = số gốc quá nhỏ, không kết luận theo phần trăm; hãy xem ở cấp trên
verdict-there-no-baseline-up = chưa có số liệu gốc đến cùng ngày; hãy nhập số liệu gốc theo kỳ
verdict-base-below-zero-so = số gốc âm, không tính phần trăm; hãy kiểm tra số liệu gốc
verdict-change-change-cannot-computed = không tính được thay đổi của thay đổi; hãy viết lại chỉ tiêu
verdict-fewer-reports-least-required = số báo cáo đã có dưới mức tối thiểu; đôn đốc các báo cáo còn thiếu
verdict-provisional-reports-missing-verdict = tạm thời: còn thiếu báo cáo, kết luận dựa trên số dự kiến
verdict-reports-missing-missing-not = còn thiếu báo cáo, thiếu không phải là số 0; đôn đốc các báo cáo còn thiếu
verdict-two-periods-differ-scope = hai kỳ không cùng phạm vi hoặc định nghĩa; cần cầu nối số liệu trước khi so sánh
