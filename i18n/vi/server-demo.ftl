## check
check-first-does-not = ; điện thoại không khớp đầu tiên:
check-phones-agree-server-count = { $agree }/{ $total } điện thoại khớp với máy chủ (số bản ghi và mã băm của từng phạm vi){ $odd }
check-headline-happened-never-reported =
    { $element }: đã xảy ra { $happened } - không được báo cáo { $never } + sai sót cố ý còn lại { $errors }
    { "                " }- chưa duyệt { $waiting } = chính thức { $official }; { $elements } chỉ tiêu thống kê, { $all } dòng của các đơn vị đều khớp
check-lines-do-not-balance = { $wrong } dòng không khớp, dòng đầu { $unit } { $code }: dữ liệu đối chứng { $line }, điện thoại { $presented }
check-figures-behind-published-standings =
    { $compared } số liệu làm căn cứ của { $all } kết quả đã công bố khớp dữ liệu đối chứng
    { "                " }mã băm kết quả với số khởi tạo (seed) này: { $print }
check-standings-books-differ-first = kết quả khác dữ liệu đối chứng, đầu tiên { $wrong }
check-commands-typed-taken-server = { $typed } lệnh đã nhập, máy chủ đã nhận { $answered }, gửi lại { $again }, không lệnh nào được ghi hai lần
check-commands-refused-first = { $all } lệnh bị từ chối, đầu tiên { $first }
check-audit-chain-unbroken-entries = chuỗi nhật ký liên tục, { $rows } dòng, mã băm cuối { $head }...
check-audit-chain-broken = chuỗi nhật ký bị đứt ở { $at }
check-partner-reads = cơ quan phối hợp đọc { $lines } dòng kết quả của { $units } đơn vị: { $hidden } ô được ẩn, { $small } ô nhỏ bị lộ

## demo
demo-ended-as-asked = đã dừng theo yêu cầu
demo-steps-out-of-range = không thể mô phỏng { $steps } bước; hãy chọn từ 1 đến { $most }

## morning-page
morning-page-morning-page-figures-ends = báo cáo buổi sáng: { $compared } số liệu và điểm cuối đường diễn biến khớp dữ liệu đối chứng, đủ mọi chỉ tiêu
morning-page-figures-morning-page-wrong = { $all } số liệu của báo cáo buổi sáng sai, đầu tiên { $first }

## screen
screen-real-units-invented-figures = đơn vị có thật, số liệu giả lập
screen-everything-invented = đơn vị và số liệu đều giả lập
screen-our-assumption-published-text = (* = giả định; văn bản công khai không nêu)
screen-server-2 = máy chủ
screen-office = Văn phòng trên trình duyệt: tài khoản và mật khẩu giả lập
screen-desk-leader = lãnh đạo
screen-desk-reviewer = người duyệt
screen-desk-administrator = quản trị
screen-field-app = Ứng dụng báo cáo trên trình duyệt
screen-communes-districts-departments-rows = { $communes } xã, { $districts } huyện, { $departments } phòng*, { $rows } dòng số liệu kỳ gốc
screen-units-rows = { $units } đơn vị báo cáo, { $rows } dòng số liệu kỳ gốc
screen-import = nạp
screen-lines-work = { $work } nội dung thi đua
screen-targets = { $targets } chỉ tiêu
screen-campaign-phases = phong trào { $code }: { $phases } đợt{ $star }, { $what }
screen-phones-communes-have-two = { $phones } điện thoại ({ $seconds } đơn vị có hai điện thoại; một điện thoại ở cấp trên cùng để duyệt)
screen-enrol = ghi danh
screen-lived-from-until = { $time }, từ { $first } đến trước { $end }
screen-so-many-weeks = { $steps } tuần
screen-so-many-months = { $steps } tháng
screen-live = mô phỏng
screen-last-run-cut = ; lần cuối: { $number }, chốt đến số { $cut_seq }, { $at }
screen-nights = { $nights } lần tổng hợp{ $last }
screen-night = hằng đêm
screen-campaign-province-view-as = PHONG TRÀO { $code }    toàn cơ quan, theo tổ chức của từng kỳ, chỉ số liệu đã duyệt
screen-lies = ; ngày { $last } thuộc { $name }
screen-judged-here = Phạm vi đánh giá
screen-nothing-called-met-before = Chưa hết kỳ đánh giá thì chưa kết luận chỉ tiêu nào ĐẠT.
screen-whole-campaign = cả phong trào
screen-still-running = đang diễn ra
screen-over = đã kết thúc
screen-reports = BÁO CÁO
screen-expected-received-these-nil = { " " }phải gửi { $expected } | đã nhận { $received } ({ $share } %), trong đó không phát sinh { $nil } | gửi chậm { $late } | thiếu { $missing }
screen-accepted-waiting-review-returned = { " " }đã duyệt { $accepted } | chờ duyệt { $waiting } | bị trả lại, chưa gửi lại { $returned } | thiếu báo cáo không phải là số 0
screen-units-code-order-not = { $units } theo thứ tự mã; đây không phải là xếp hạng. { $target }: { $element }
screen-the-districts = CÁC HUYỆN
screen-the-units = CÁC ĐƠN VỊ
screen-more-full = còn { $presented } đơn vị: --full
screen-no-unit-can-told = Với các số liệu này, chênh lệch của mọi đơn vị so với năm trước đều trong mức dao động bình thường.
screen-phones = ĐIỆN THOẠI
screen-syncs-them-one-call = { $syncs } lần đồng bộ, { $single } lần chỉ cần một lượt gọi
screen-nothing-new-b-one = không có dữ liệu mới: { $nothing } B, một báo cáo: { $report } B, lần đầu kể cả bắt tay TLS: { $first } B (trung vị); mã truy cập mới: { $token } B
screen-answers-lost-purpose-commands = { $lost } lần cố ý làm mất câu trả lời, { $again } lệnh phải gửi lại
screen-reports-edited-two-phones = báo cáo được sửa trên hai điện thoại: { $merged } lần gộp được, { $conflicts } xung đột số liệu (giữ cả hai số, thủ trưởng đơn vị quyết định)
screen-morning-page = BÁO CÁO BUỔI SÁNG
screen-judged-there = Phạm vi đánh giá
screen-checked = KIỂM TRA
screen-not-shown-here-power = chưa có trong bản trình diễn: mất điện, hai máy chủ, chấm điểm (docs/STATUS.md)
screen-look-further-thidua-demo = XEM THÊM   thidua demo --serve   giữ máy chủ chạy cho ứng dụng hoặc cơ quan phối hợp
screen-look-behind-a-number = { "           " }thidua -d { $dir } standings --campaign { $campaign } --why { $target }   các báo cáo làm căn cứ của một số liệu
screen-phones-back-after = { $time }: { $phones } điện thoại có mạng trở lại sau 3 tuần
screen-stocks-handed-over = { $day }: hai người ký biên bản bàn giao số tồn ({ $lines } dòng)
screen-merger-communes-grants-moved = { $day }: sáp nhập, { $before } -> { $after } đơn vị; { $accounts } vai trò được chuyển sang đơn vị kế thừa
screen-server = MÁY CHỦ
screen-code-commune = mã ghi danh cho xã
screen-code-reviewer = mã ghi danh cho người duyệt
screen-key-partner-agency = khóa của cơ quan phối hợp
screen-week = tuần { $step }
screen-month = tháng { $step }

## target-table
screen-synthetic = DỮ LIỆU GIẢ LẬP - SYNTHETIC
screen-one-province = Một cơ quan, { $time }, { $phones } điện thoại, một máy chủ, một cơ sở dữ liệu.     English: --lang en
target-table-last-year-0 = năm trước là 0
target-table-now = hiện nay
target-table-to-date = { $sign } { $now } đến nay
target-table-end = { $sign } { $limit } cuối kỳ
target-table-all = tất cả
target-table-any = một trong số
target-table-floor-stretch = sàn, phấn đấu
target-table-attested = xác nhận
target-table-meet-year-most-more = mức tối đa cả năm: { $limit }, còn cách mức tối đa { $max }
target-table-reports-still-missing-can = { " " }Báo cáo còn thiếu chỉ có thể làm kết quả kém hơn.
target-table-p-meet-about-0 = Khả năng đạt khoảng { $percent } %.{ $missing }
target-table-not-one-may-left = chỉ tiêu yêu cầu không để sót
target-table-failures-may-still-come = mức tối đa { $allowed } trường hợp không đạt, còn cách mức tối đa { $remaining }
target-table-may-stay-open-too = mức tối đa { $allowed } trường hợp không đạt, đã vượt { $remaining }
target-table-read = số liệu đối chiếu:
target-table-too-few-percentage = số liệu quá ít để tính phần trăm
target-table-within-usual-variation = trong mức dao động bình thường
target-table-beyond-usual-variation-worth = vượt mức dao động bình thường: cần xem xét
measurements-synthetic = DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed { $seed }, { $weeks } tuần{ "\u000A" }
target-table-target = chỉ tiêu
target-table-last-year = năm trước
target-table-needed = cần đạt
target-table-state = trạng thái
