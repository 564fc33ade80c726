## changes
changes-target = Chỉ tiêu
changes-figures-before-now = Số liệu trước → nay
changes-state-before-now = Trạng thái trước → nay
changes-no-target-moved = Không chỉ tiêu nào thay đổi.
changes-what-changed-since-last = Thay đổi so với lần trước, và vì sao
changes-reports-moved-figures-nil = { $with_figures } báo cáo làm thay đổi số liệu; { $nil } báo cáo không phát sinh
changes-since-run-reports-newly = Từ lần tổng hợp ngày { $previous_day }: { $new } báo cáo mới được duyệt, { $other } báo cáo đã duyệt có số khác trước.

## funnel-plot
funnel-plot-cases = số trường hợp
funnel-plot-as-last-year = như năm trước
funnel-plot-all-together = toàn đơn vị:{ " " }
funnel-plot-cases-both-years = số vụ của cả hai năm
funnel-plot-funnel-plot-table-below = Biểu đồ phễu, { $name }: bảng bên dưới ghi đủ số liệu.
funnel-plot-no-funnel-what-counts = Không vẽ phễu: tử số gồm cả vụ của kỳ trước nên không phải là một phần của mẫu số. Xem số liệu trong bảng.

## page
page-code = Mã
page-form = Mẫu
page-unit = Đơn vị
page-of = đạt/tổng
page-now = Hiện nay
page-pace = Tiến độ
page-none = không có
page-99-8 = 99,8 %
page-view = Góc nhìn
page-needed = Cần đạt
page-why = Vì sao:{ " " }
page-summary = Tóm tắt
page-over = đã kết thúc
page-run = Lần tổng hợp
page-year = năm nay
page-position = vị trí{ " " }
page-cut = Thời điểm chốt
page-programme = Phần mềm
page-campaign = Phong trào
page-last-year = Năm trước
page-read = Đọc cùng:{ " " }
page-definitions = Định nghĩa
page-period-from = kỳ bắt đầu{ " " }
page-each-target = Từng chỉ tiêu
page-how-read = Cách đọc
page-still-running = đang diễn ra
page-last-year-2 = cùng kỳ năm trước
page-morning-page = Báo cáo buổi sáng
page-last-year-now = năm trước → nay
page-unit-reply = Đơn vị trả lời:{ " " }
page-digest-input = Mã băm dữ liệu vào
page-95-chance = 95 % trường hợp ngẫu nhiên
page-how-complete-reports = Báo cáo đã về đến đâu
page-where-numbers-come-from = Chứng từ của các con số
page-how-could-met-paper = Đừng để đạt trên giấy:{ " " }
page-head-audit-cut = Đầu chuỗi nhật ký tại điểm chốt
page-what-allowed-must-reached = mức được phép hoặc phải đạt
page-as-organisation-each-period = theo tổ chức của từng kỳ
page-more = còn { $rest } câu hỏi
page-questions-about-quality-figures = Câu hỏi về chất lượng số liệu
page-taking-part-emulation-voluntary = Tham gia thi đua là tự nguyện.
page-units-below-order-their = Các đơn vị trực thuộc, theo thứ tự mã
page-missing-reports-unit = { $count } báo cáo còn thiếu, theo đơn vị
page-window-not-over-so = Chưa hết kỳ, nên chưa chỉ tiêu nào được gọi là đạt.
page-accepted-figures-all-periods = Số liệu đã duyệt, cộng dồn các kỳ báo cáo đã kết thúc trước ngày{ " " }
page-judged-here-whole-campaign = Đánh giá ở đây: cả phong trào, { $days }, { $state_here }.
page-missing-not-zero-nil = Thiếu không phải là 0: báo cáo "không phát sinh" là báo cáo đủ, báo cáo chưa gửi là số chưa biết.
page-targets-met-pace-behind = Trong { $rows } chỉ tiêu: { $good } đạt hoặc đúng tiến độ, { $behind } chậm tiến độ, { $missed } không đạt, { $open } chưa kết luận được.
page-these-questions-not-conclusions = Đây là câu hỏi, không phải kết luận. Đơn vị được hỏi trước; cấp trên chỉ thấy khi đơn vị đã trả lời hoặc sau năm ngày làm việc. Theo thứ tự mã.
page-taking-part-emulation-voluntary-2 = Tham gia phong trào thi đua là tự nguyện. Số tin báo tăng có thể là người dân tin hơn, không phải là thất bại. Trang này chỉ có số liệu tổng hợp, không có thông tin về cá nhân.
page-judged-here-whole-campaign-2 = Đánh giá ở đây: { $name_vi }, { $days }, { $state_here }; cả phong trào đến { $whole }, { $whole_2 }.
page-not-ranking-unit-inside = Đây không phải là xếp hạng. Đơn vị nằm trong phễu không thể phân biệt với mức chung; nằm ngoài, ở phía nào cũng vậy, là điều nên hỏi chứ không phải kết luận. Phễu rộng ở nơi ít vụ, vì số nhỏ dao động mạnh.

## target-rows
target-rows-attested = xác nhận
target-rows-attested-as-done = Xác nhận đã thực hiện
target-rows-now = { $sign } { $now } đến nay
target-rows-end = { $sign_of_count } { $limit } cuối kỳ
target-rows-small-numbers-one-more = Số nhỏ: thêm hay bớt một vụ đã khác hẳn.
target-rows-now-needed = { $code }hiện { $now }, cần { $needed }
target-rows-difference-from-last-year = Chênh lệch so với năm trước còn trong mức dao động thường thấy.
target-rows-chart-pace-now = Biểu đồ tiến độ: { $name }. Nay { $judgement }, { $state }.

## texts
texts-missed = Không đạt
texts-unlikely = khó đạt
texts-behind = Chậm tiến độ
texts-striven = phấn đấu
texts-direction = định hướng
texts-binding = chỉ tiêu giao
texts-likely = nhiều khả năng đạt
texts-too-few-say = quá ít để nói
texts-rather-likely = có khả năng đạt
texts-rather-unlikely = ít khả năng đạt
texts-within-chance = trong mức ngẫu nhiên
texts-met-pace = Đạt hoặc đúng tiến độ
texts-cannot-said-yet = Chưa kết luận được
texts-as-likely-as-not = đạt hay không còn ngang nhau
texts-not-one-may-left = Không được sót trường hợp nào.
texts-outside-95-keep-eye = ngoài mức 95 %: theo dõi
texts-outside-99-8-ask = ngoài mức 99,8 %: nên hỏi vì sao
texts-text = { $day }/{ $month }/{ $year }
texts-more-may-fail-all = Còn được phép { $remaining } trường hợp chưa đạt (tất cả được { $allowed }).
texts-beyond-whole-window = Đã vượt mức { $limit } của cả kỳ: thừa { $remaining } { $unit }.
texts-may-fail-there-too = Được phép { $allowed } trường hợp chưa đạt, hiện thừa { $remaining }.
texts-more-may-come-until = Đến hết kỳ còn được phép { $remaining } { $unit } (mức cả kỳ: { $limit }).
texts-if-things-go-as = Nếu diễn biến như hiện nay: { $words }, khoảng { $percent } trong 100 trường hợp.

## workbook
workbook-day = Ngày
workbook-units = Đơn vị
workbook-note = Ghi chú
workbook-seal = Chứng từ
workbook-reports = Báo cáo
workbook-targets = Chỉ tiêu
workbook-head-audit = Đầu chuỗi nhật ký
workbook-order-codes-not-ranking = Theo thứ tự mã; đây không phải là xếp hạng.
