## chance
chance-base-not-given-add = chưa có số kỳ gốc của { $code }; hãy thêm --base { $code }=SỐ
chance-chance-cannot-told-use = không tính được khả năng đạt do ngẫu nhiên của { $target }; hãy dùng count, stock, change của count hoặc stock, hoặc ratio
chance-base-too-large-most = số kỳ gốc quá lớn; hãy nhập số không quá một triệu
chance-if-they-move-independently = từ { $chance } (các số độc lập) đến { $together } (các số cùng tăng, giảm)
chance-though-nothing-really-changed = Nếu tình hình thực tế không thay đổi, toàn bộ chỉ tiêu vẫn có thể đạt do ngẫu nhiên: { $range }.
chance-cases-true-share-exactly = Với mẫu số { $base } và tỷ lệ thực tế đúng bằng { $share } %, chỉ tiêu đạt do ngẫu nhiên trong { $chance } số lần.
chance-none = không có
chance-if-nothing-really-changed = Nếu tình hình thực tế không thay đổi (trung bình { $base }, giá trị giới hạn để đạt là { $limit }), chỉ tiêu vẫn đạt do ngẫu nhiên trong { $chance } số năm.

## coercive-quota
coercive-quota-target-asks-more-acts = chỉ tiêu yêu cầu tăng số lượt áp dụng biện pháp cưỡng chế đối với người ({ $names }); hãy viết lại, hoặc ghi rõ cơ quan có thẩm quyền cho phép

## evaluation
evaluation-nothing-met-before-end = chưa hết kỳ nên chưa kết luận đạt
evaluation = { $parts }.
evaluation-pace-not-known = Chưa xác định được tiến độ
evaluation-with-tier = { $word } ({ $tier })
evaluation-not-known = Chưa xác định
evaluation-with-members = { $head }: { $members }
evaluation-last-number-meets = giá trị giới hạn để đạt: { $limit }
evaluation-failures-allowed-too-many = mức tối đa { $allowed } trường hợp không đạt, đã vượt { $over }
evaluation-failures-allowed-still-left = mức tối đa { $allowed } trường hợp không đạt, còn cách mức tối đa { $remaining }
evaluation-missing-reports = tính cả báo cáo còn thiếu: từ { $lo } đến { $hi }
evaluation-now = mức tính đến nay: { $allowed }
evaluation-needed-rest-against-last = yêu cầu đối với phần còn lại so với năm trước: { $change } %
evaluation-forecast-end = dự báo cuối kỳ: { $forecast }
evaluation-chance-meeting-about = khả năng đạt khoảng { $hundredths } %
evaluation-z-within-usual-variation = z = { $z }: trong mức dao động bình thường, chưa đủ căn cứ kết luận có thay đổi
evaluation-z-beyond-usual-variation = z = { $z }: vượt mức dao động bình thường
evaluation-small-numbers-unstable = số liệu nhỏ, không ổn định

## syntax-error
syntax-error-comparator = dấu so sánh (> >= = <= <)
syntax-error-element-code-z-0 = mã chỉ tiêu thống kê (a-z, 0-9, _; tối đa { $limit } ký tự)
syntax-error-decimal-number-most-digits = số thập phân (tối đa { $digits } chữ số, { $decimals } chữ số sau dấu chấm)
syntax-error-whole-number-from = số nguyên từ { $least } đến { $most }
syntax-error-name-letters-digits-most = tên (chữ, số, _ - . ; tối đa { $limit } ký tự)
syntax-error-date-exists-as-2024 = ngày hợp lệ, dạng 2024-08-19
syntax-error-end-date-after-start = ngày kết thúc sau ngày bắt đầu
syntax-error-end-text = hết văn bản
syntax-error-number-without-what-measured = số không có dấu %: đại lượng được đo là số đếm, không phải tỷ lệ
syntax-error-count-stock-ratio-rate = count, stock, ratio hoặc rate: không tính được change của change
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
verdict-reason-NOT_ATTESTED = chưa được xác nhận
verdict-UNDETERMINED = Chưa kết luận được
pace-ALREADY_MISSED = Chắc chắn không đạt
verdict-reason-BRIDGED = so sánh qua hệ số chuyển đổi định nghĩa
verdict-reason-NO_BASELINE = chưa có số liệu kỳ gốc; hãy nhập số liệu kỳ gốc
verdict-reason-ZERO_BASE = số liệu kỳ gốc bằng 0, không tính được phần trăm
verdict-reason-ZERO_DENOMINATOR = mẫu số bằng 0: không có gì để tính tỷ lệ
verdict-reason-WAIVED = việc thiếu báo cáo đã được người có thẩm quyền ký chấp nhận
verdict-reason-TOO_LARGE = số liệu quá lớn để tính chính xác; hãy kiểm tra lại số liệu
verdict-reason-SMALL_BASE = số liệu kỳ gốc quá nhỏ, không kết luận theo phần trăm; hãy xem ở cấp trên
verdict-reason-NO_BASELINE_TO_DATE = chưa có số liệu kỳ gốc đến cùng ngày; hãy nhập số liệu kỳ gốc theo từng kỳ báo cáo
verdict-reason-NEGATIVE_BASE = số liệu kỳ gốc âm, không tính được phần trăm; hãy kiểm tra số liệu kỳ gốc
verdict-reason-NESTED_CHANGE = không tính được mức thay đổi của một mức thay đổi; hãy viết lại chỉ tiêu
verdict-reason-HOLDER_ENDED = đơn vị đang theo dõi số tồn này đã giải thể mà chưa có đơn vị tiếp nhận; hãy ký biên bản bàn giao, hoặc sửa đổi phong trào để chuyển chỉ tiêu
verdict-reason-BEFORE_DUE = số liệu đã duyệt của các kỳ chưa đến hạn đã đủ để kết luận
verdict-reason-LOW_COVERAGE = số báo cáo đã nhận thấp hơn mức tối thiểu; hãy đôn đốc các báo cáo còn thiếu
verdict-reason-PROVISIONAL = tạm tính: còn thiếu báo cáo, kết luận dựa trên số liệu dự kiến
verdict-reason-MISSING_REPORTS = còn thiếu báo cáo, thiếu báo cáo không phải là số 0; hãy đôn đốc các báo cáo còn thiếu
verdict-reason-BROKEN_COMPARABILITY = hai kỳ không cùng phạm vi hoặc định nghĩa; cần có hệ số chuyển đổi trước khi so sánh
verdict-reason-NO_SHARE = đơn vị không được giao phần nào của chỉ tiêu này
