## chance
chance-base-not-given-add = chưa có số gốc của { $code }; hãy thêm --base { $code }=SỐ
chance-chance-cannot-told-use = không tính được mức ngẫu nhiên của { $target }; hãy dùng count, stock, change của chúng, hoặc ratio
chance-base-too-large-most = số gốc quá lớn, tối đa một triệu
chance-if-they-move-independently = từ { $chance } (các số độc lập) đến { $together } (cùng tăng giảm)
chance-though-nothing-really-changed = Dù thực tế không có gì thay đổi, cả chỉ tiêu vẫn đạt do ngẫu nhiên: { $range }.
chance-cases-true-share-exactly = Với { $base } vụ và tỷ lệ thật đúng bằng { $share } %, chỉ tiêu đạt do ngẫu nhiên { $chance } số lần.
chance-none = không có
chance-if-nothing-really-changed = Nếu thực tế không có gì thay đổi (trung bình { $base } vụ, mức cuối cùng còn đạt { $limit }), chỉ tiêu vẫn đạt do ngẫu nhiên { $chance } số năm.

## coercive-quota
coercive-quota-target-asks-more-acts = chỉ tiêu khuyến khích tăng số lượt cưỡng chế ({ $names }); hãy viết lại, hoặc ghi rõ cấp có thẩm quyền cho phép

## evaluation
evaluation-nothing-met-before-end = chưa hết kỳ nên chưa kết luận đạt
evaluation = { $parts }.
evaluation-pace-not-known = Chưa rõ tiến độ
evaluation-with-tier = { $word } ({ $tier })
evaluation-not-known = Chưa rõ
evaluation-with-members = { $head }: { $members }
evaluation-last-number-meets = mức cuối cùng còn đạt: { $limit }
evaluation-failures-allowed-too-many = được phép không đạt { $allowed } vụ, đã vượt { $over }
evaluation-failures-allowed-still-left = được phép không đạt { $allowed } vụ, còn lại { $remaining }
evaluation-missing-reports = kể cả báo cáo còn thiếu: từ { $lo } đến { $hi }
evaluation-now = mức đến nay: { $allowed }
evaluation-needed-rest-against-last = phần còn lại so với năm trước cần: { $change } %
evaluation-forecast-end = dự báo cuối kỳ: { $forecast }
evaluation-chance-meeting-about = khả năng đạt khoảng { $hundredths } %
evaluation-z-within-usual-variation = z = { $z }: trong dao động thông thường, không phân biệt được với ngẫu nhiên
evaluation-z-beyond-usual-variation = z = { $z }: vượt dao động thông thường
evaluation-small-numbers-unstable = số nhỏ, không ổn định

## syntax-error
syntax-error-comparator = dấu so sánh (> >= = <= <)
syntax-error-element-code-z-0 = mã chỉ tiêu thống kê (a-z, 0-9, _; tối đa { $limit } ký tự)
syntax-error-decimal-number-most-digits = số thập phân (tối đa { $digits } chữ số, { $decimals } chữ số sau dấu chấm)
syntax-error-whole-number-from = số nguyên từ { $least } đến { $most }
syntax-error-name-letters-digits-most = tên (chữ, số, _ - . ; tối đa { $limit } ký tự)
syntax-error-date-exists-as-2024 = ngày có thật, dạng 2024-08-19
syntax-error-end-date-after-start = ngày kết thúc sau ngày bắt đầu
syntax-error-end-text = hết văn bản
syntax-error-number-without-what-measured = số không có dấu %: đại lượng này là số đếm, không phải tỷ lệ
syntax-error-count-stock-ratio-rate = count, stock, ratio hoặc rate: không tính được thay đổi của thay đổi
syntax-error-levels-nesting = tầng lồng nhau
syntax-error-members = thành phần
syntax-error-elements-sum = số hạng
syntax-error-bytes-text = byte văn bản
syntax-error-most = không quá { $limit } { $what }
syntax-error-column-text-ends-too = cột { $column }: văn bản kết thúc sớm; cần { $expected }
syntax-error-column-found-expected = cột { $column }: gặp `{ $found }`; cần { $expected }

## verdict
verdict-MET = Đạt
tier-floor = mức sàn
verdict-MISSED = Không đạt
pace-BEHIND = Chậm tiến độ
tier-stretch = mức phấn đấu
pace-ON_PACE = Đúng tiến độ
verdict-NO_DATA = Chưa có số liệu
verdict-NOT_APPLICABLE = Không áp dụng
verdict-NOT_COMPARABLE = Không so sánh được
verdict-reason-NO_FIGURES = chưa có số liệu
verdict-reason-NOT_ATTESTED = chưa có xác nhận
verdict-UNDETERMINED = Chưa kết luận được
pace-ALREADY_MISSED = Đã chắc chắn không đạt
verdict-reason-BRIDGED = so sánh qua cầu nối số liệu
verdict-reason-NO_BASELINE = chưa có số liệu gốc; hãy nhập số liệu gốc
verdict-reason-ZERO_BASE = số gốc bằng 0, không tính phần trăm
verdict-reason-ZERO_DENOMINATOR = mẫu số bằng 0: không có vụ nào để tính tỷ lệ
verdict-reason-WAIVED = thiếu báo cáo đã được người có thẩm quyền ký chấp nhận
verdict-reason-TOO_LARGE = số quá lớn để tính chính xác; hãy kiểm tra số liệu
verdict-reason-SMALL_BASE = số gốc quá nhỏ, không kết luận theo phần trăm; hãy xem ở cấp trên
verdict-reason-NO_BASELINE_TO_DATE = chưa có số liệu gốc đến cùng ngày; hãy nhập số liệu gốc theo kỳ
verdict-reason-NEGATIVE_BASE = số gốc âm, không tính phần trăm; hãy kiểm tra số liệu gốc
verdict-reason-NESTED_CHANGE = không tính được thay đổi của thay đổi; hãy viết lại chỉ tiêu
verdict-reason-LOW_COVERAGE = số báo cáo đã có dưới mức tối thiểu; đôn đốc các báo cáo còn thiếu
verdict-reason-PROVISIONAL = tạm thời: còn thiếu báo cáo, kết luận dựa trên số dự kiến
verdict-reason-MISSING_REPORTS = còn thiếu báo cáo, thiếu không phải là số 0; đôn đốc các báo cáo còn thiếu
verdict-reason-BROKEN_COMPARABILITY = hai kỳ không cùng phạm vi hoặc định nghĩa; cần cầu nối số liệu trước khi so sánh
