## check
check-first-does-not = ; máy đầu tiên không khớp:
check-phones-agree-server-count = { $agree }/{ $total } điện thoại khớp với máy chủ (số bản ghi và mã kiểm của từng phạm vi){ $odd }
check-offences-happened-never-reported =
    số vụ phạm tội: đã xảy ra { $happened } - không bao giờ báo cáo { $never } + sai sót cố ý còn lại { $errors }
    { "                " }- chưa duyệt { $waiting } = chính thức { $official }; cả { $elements } phần tử, { $all } dòng của các đơn vị đều cân
check-lines-do-not-balance = { $wrong } dòng không cân, dòng đầu { $unit } { $code }: sổ { $line }, điện thoại { $presented }
check-figures-behind-published-standings =
    { $compared } số liệu sau { $all } kết quả đã công bố đúng như sổ
    { "                " }dấu của kết quả với hạt giống này: { $print }
check-standings-books-differ-first = kết quả khác sổ, đầu tiên { $wrong }
check-commands-typed-taken-server = { $typed } lệnh đã nhập, máy chủ nhận { $answered }, gửi lại { $again }, không lệnh nào được ghi hai lần
check-commands-refused-first = { $all } lệnh bị từ chối, đầu tiên { $first }
check-audit-chain-unbroken-entries = chuỗi nhật ký không đứt, { $rows } mục, đầu chuỗi { $head }...
check-audit-chain-broken = chuỗi nhật ký đứt ở { $at }

## demo
demo-ended-as-asked = đã dừng theo yêu cầu

## morning-page
morning-page-morning-page-figures-ends = trang buổi sáng: { $compared } số liệu và điểm cuối đường diễn biến đúng như sổ, đủ mọi chỉ tiêu
morning-page-figures-morning-page-wrong = { $all } số liệu của trang buổi sáng sai, đầu tiên { $first }

## screen
screen-real-units-invented-figures = đơn vị có thật, số liệu giả định
screen-our-assumption-published-text = (* = giả định; văn bản công khai không nêu)
screen-server-2 = máy chủ
screen-communes-districts-departments-rows = { $communes } xã, { $districts } huyện, { $departments } phòng*, { $rows } dòng số liệu năm trước
screen-import = nạp
screen-lines-work = { $work } nội dung thi đua
screen-targets = { $targets } chỉ tiêu
screen-campaign-phases = phong trào { $code }: { $phases } đợt{ $star }, { $what }
screen-phones-communes-have-two = { $phones } điện thoại ({ $seconds } xã có hai máy; một máy ở tỉnh để duyệt)
screen-enrol = đăng ký
screen-weeks-from-until-before = { $weeks } tuần, từ { $first } đến trước { $end }
screen-live = sống
screen-last-run-cut = ; cuối cùng: lần { $number }, đến vị trí { $cut_seq }, { $at }
screen-nights = { $nights } đêm tổng hợp{ $last }
screen-night = đêm
screen-campaign-province-view-as = PHONG TRÀO { $code }    toàn tỉnh, góc nhìn AS_WAS, chỉ số liệu đã duyệt
screen-lies = ; ngày { $last } thuộc { $name }
screen-judged-here = Đánh giá ở đây
screen-nothing-called-met-before = Không chỉ tiêu nào được gọi là ĐẠT trước khi kết thúc.
screen-whole-campaign = cả phong trào
screen-still-running = đang diễn ra
screen-over = đã kết thúc
screen-reports = BÁO CÁO
screen-expected-received-these-nil = { " " }phải có { $expected } | đã nhận { $received } ({ $share } %), trong đó không phát sinh { $nil } | chậm { $late } | thiếu { $missing }
screen-accepted-waiting-review-returned = { " " }đã duyệt { $accepted } | chờ duyệt { $waiting } | trả lại, chưa gửi lại { $returned } | thiếu không phải là số 0
screen-districts-code-order-not = CÁC HUYỆN theo thứ tự mã; đây không phải là xếp hạng            số vụ phạm tội
screen-more-full = còn { $presented } huyện: --full
screen-no-district-can-told = Với các số liệu này, không huyện nào khác năm trước ngoài mức ngẫu nhiên.
screen-phones = ĐIỆN THOẠI
screen-syncs-them-one-call = { $syncs } lần đồng bộ, { $single } lần chỉ cần một lượt gọi
screen-nothing-new-b-one = không có gì mới: { $nothing } B, một báo cáo: { $report } B, lần đầu kể cả bắt tay TLS: { $first } B (trung vị); thẻ mới: { $token } B
screen-answers-lost-purpose-commands = { $lost } lần cố ý làm mất câu trả lời, { $again } lệnh phải gửi lại
screen-reports-edited-two-phones = báo cáo được sửa trên hai máy: { $merged } lần gộp được, { $conflicts } xung đột (giữ cả hai số, người có trách nhiệm quyết định)
screen-morning-page = TRANG BUỔI SÁNG
screen-judged-there = Đánh giá ở đó
screen-checked = KIỂM TRA
screen-not-shown-here-power = chưa có ở đây: mất điện, hai máy chủ, chấm điểm, trao đổi với đối tác (docs/STATUS.md)
screen-look-further-thidua-demo = XEM THÊM   thidua demo --serve   giữ máy chủ chạy cho ứng dụng hoặc đối tác
screen-thidua-d-standings-campaign = { "           " }thidua -d { $dir } standings --campaign A --why T3b   các báo cáo đằng sau một con số
screen-week-phones-back-after = tuần { $week }: { $phones } điện thoại có sóng trở lại sau 3 tuần
screen-merger-communes-grants-moved = { $day }: sáp nhập, { $before } -> { $after } xã; { $accounts } quyền chuyển sang đơn vị kế thừa
screen-server = MÁY CHỦ
screen-code-commune = mã cho xã
screen-code-reviewer = mã cho người duyệt
screen-key-partner-agency = khóa của cơ quan phối hợp
screen-week = tuần

## target-table
screen-synthetic = DỮ LIỆU GIẢ LẬP - SYNTHETIC
screen-one-province = Một tỉnh, { $weeks } tuần, { $phones } điện thoại, một máy chủ, một cơ sở dữ liệu.     English: --lang en
target-table-last-year-0 = năm trước là 0
target-table-now = hiện nay
target-table-end = <= { $limit } cuối kỳ
target-table-all = tất cả
target-table-any = một trong số
target-table-floor-stretch = sàn, phấn đấu
target-table-attested = xác nhận
target-table-meet-year-most-more = để đạt mức { $limit } cả năm: nhiều nhất { $max } nữa
target-table-reports-still-missing-can = { " " }Báo cáo còn thiếu chỉ có thể làm xấu đi.
target-table-p-meet-about-0 = Khả năng đạt khoảng { $percent } %.{ $missing }
target-table-not-one-may-left = không được sót trường hợp nào
target-table-failures-may-still-come = còn được phép { $remaining } trong { $allowed } vụ không đạt
target-table-may-stay-open-too = được phép { $allowed } vụ không đạt; thừa { $remaining }
target-table-read = đọc cùng:
target-table-too-few-percentage = quá ít để tính phần trăm
target-table-within-usual-variation = trong mức dao động thường thấy
target-table-beyond-usual-variation-worth = ngoài mức dao động thường thấy: cần xem
measurements-synthetic = DỮ LIỆU GIẢ LẬP (SYNTHETIC), seed { $seed }, { $weeks } tuần{ "\u000A" }
target-table-target = chỉ tiêu
target-table-last-year = năm trước
target-table-needed = cần đạt
target-table-state = trạng thái
