## amendment
amendment-campaign-concluded-not-changed = phong trào đã tổng kết nên không sửa được; hãy lập phong trào mới
amendment-campaign-so-change-amendment = phong trào ở trạng thái { $status } nên thay đổi này ({ $parts }) là sửa đổi; hãy thêm --basis "số, ngày, tên quyết định"

## check
check-contract = chế độ báo cáo
check-nothing-secret-may-enter = tài liệu { $classification }: hệ thống không được chứa nội dung mật; hãy bỏ phần mật và ghi NOT_SECRET
check-launch-comes-after-last = ngày phát động sau ngày kết thúc; hãy kiểm tra lại hai ngày
check-deadline-after-last = hạn đăng ký thi đua sau ngày kết thúc phong trào; hãy kiểm tra lại hai ngày
check-phase-must-begin-here = đợt thứ { $index } phải bắt đầu ngày { $next }, hiện là đợt { $no } từ ngày { $start }; hãy sửa ngày
check-phases-end-before-campaign = các đợt kết thúc trước ngày { $last }, phong trào kết thúc trước ngày { $end }; hai ngày phải trùng nhau, hãy sửa ngày
check-lines-most-merge-some = { $count } mục, nhiều nhất là { $limit }; hãy gộp bớt hoặc tách thành phong trào khác
check-years-do-not-make = { $origin } cộng { $ordinal } năm không bằng { $on }; hãy giữ nguyên văn đã công bố và thêm mục correction
check-evidence-does-not-fit = minh chứng không phù hợp: ATTESTATION cần chỉ tiêu thống kê loại EVENT_FLAG và due > 0, ACTIVITY_COUNT cần loại FLOW, NARRATIVE không cần; hãy sửa
check-not-given-fill = chưa có { $key }; hãy điền
check-there-no-declare-mend = không có { $kind } { $name }; hãy khai báo hoặc sửa mã
check-no-contract-campaign-brings = không có chế độ báo cáo nào của phong trào thu thập chỉ tiêu thống kê { $element }; hãy thêm chế độ báo cáo hoặc sửa mã

## check-target
check-target-target-no-words-fill = chỉ tiêu chưa có nội dung; hãy điền text_vi và text_en
check-target-coverage-min-thousandths-0 = coverage_min tính theo phần nghìn; hãy nhập từ 0 đến 1000
check-target-element-measure-stock-stock = chỉ tiêu thống kê { $code } thuộc loại { $kind }; hãy dùng stock(...@end) cho STOCK và count(...) cho loại khác
check-target-there-no-duty-evidence = không có nhiệm vụ { $name } loại ATTESTATION; hãy khai báo trong duties hoặc sửa tên
check-target-there-no-phase-declare = không có đợt { $no }; hãy khai báo trong phases hoặc sửa số
check-target-campaign-holds-no-milestone = phong trào không có mốc { $name }; hãy dùng attest(...) hoặc ngày cụ thể
check-target-baseline-says-formula-uses = baseline ghi { $declared }, công thức dùng { $used }; hãy sửa cho thống nhất
check-target-binding-target-needs-fill = chỉ tiêu BINDING cần { $key } ({ $values }); hãy điền, hoặc dùng STRIVE
check-target-base-shares-days-measured = kỳ gốc { $window } trùng { $days } ngày với kỳ đánh giá; hãy đổi kỳ gốc hoặc nêu lý do ở overlap_waiver
check-target-how-target-could-met = chưa nêu bằng tiếng Việt nguy cơ báo cáo thành tích hình thức (gaming_note); hãy viết một câu
check-target-reduction-ratio-needs-something = chỉ tiêu giảm hoặc tỷ lệ cần có số liệu đối chiếu khác với chính nó (pairs); hãy bổ sung
check-target-unit-itself-decides-below = đơn vị tự quyết định { $code } ở mẫu số; hãy thêm một số đếm vào pairs
check-target-there-no-other-target = không có chỉ tiêu { $code } khác để đối chiếu; hãy sửa pairs
check-target-counts-work-done-more = { $code } đếm số việc đã làm: số lượng nhiều hơn chưa chắc kết quả tốt hơn; nên đặt chỉ tiêu theo kết quả
check-target-asks-more-which-acts = chỉ tiêu yêu cầu tăng { $code }, là số lượt áp dụng biện pháp cưỡng chế đối với người; cơ quan cho phép: { $authority }
check-target-no-target-may-ask = không được đặt chỉ tiêu yêu cầu tăng { $code } (số lượt bắt, phạt, dừng kiểm tra người); hãy bỏ chỉ tiêu này
check-target-phases-value = không có đợt { $no }; phases nhận: { $values } (0 là cả phong trào)
check-target-phases-window = chỉ tiêu có thời gian riêng (in ...) chỉ được đánh giá một lần, trong cả phong trào; hãy bỏ phases
check-target-last-day-outside = last_day { $last } không phải ngày kết thúc sớm; hãy ghi một ngày từ { $first } đến trước { $end }, hoặc bỏ last_day
check-target-last-day-window = công thức đã có khoảng thời gian riêng nên không dùng last_day; hãy sửa khoảng thời gian đó
check-target-last-day-cuts = last_day { $last } nằm giữa kỳ báo cáo của { $unit } từ { $from } đến { $to }; hãy ghi ngày mà kỳ báo cáo của mọi đơn vị đều kết thúc: { $day }
check-target-last-day-cuts-all = last_day { $last } nằm giữa kỳ báo cáo của { $unit } từ { $from } đến { $to }; hãy ghi ngày mà kỳ báo cáo của mọi đơn vị đều kết thúc
check-target-window-ends-early = in A..B không gồm ngày B: chỉ tiêu dừng trước ngày { $end }. Muốn tính cả ngày { $end }, hãy ghi { $next }
check-target-basis-cohort = chưa tính được tỷ lệ theo cơ sở cohort; hãy dùng period hoặc stock
check-target-basis-stock = tỷ lệ theo cơ sở stock (số đầu kỳ và số mới) chỉ có nghĩa trong cả phong trào; hãy bỏ in ... hoặc để phases = [0]
check-target-allocation-same-rate = allocation = "SAME_RATE" chỉ dùng cho tỷ lệ và mức thay đổi rel so với số liệu của chính đơn vị; với số tuyệt đối hãy dùng "PROPORTIONAL" hoặc bảng giao
check-target-allocation-share = allocation = "PROPORTIONAL" chỉ dùng cho một điều kiện count(...) hoặc stock(...), hoặc mức thay đổi của nó so với same_window_prior_year hay fixed(...), không có by; hãy dùng "SAME_RATE" hoặc bỏ allocation
check-target-allocation-table = bảng giao chỉ dùng cho một điều kiện count(...) hoặc stock(...), hoặc mức thay đổi của nó so với fixed(...), không có by; hãy dùng "PROPORTIONAL", "SAME_RATE" hoặc bỏ allocation
check-target-allocation-sum = các phần trong bảng giao cộng lại là { $sum }, phải bằng { $limit }; hãy sửa bảng
check-target-pace-floor = pace chỉ dùng cho một điều kiện count(...) >= hoặc > không so với số liệu năm trước; hãy bỏ pace
check-target-pace-milestones = các mốc của pace phải theo thứ tự ngày, nằm trong thời gian của chỉ tiêu, số lũy kế không giảm và không vượt chỉ tiêu; hãy sửa các mốc
check-no-such-field = không có lĩnh vực { $field }; hãy dùng một trong các mã: { $known }, hoặc khai báo thêm ở [[fields]] trong tệp chỉ tiêu thống kê
check-no-fields-declared = chưa khai báo lĩnh vực nào nên { $field } hiện không có tên; nên thêm [[fields]] với code, name_vi, name_en vào tệp chỉ tiêu thống kê

## lifecycle
lifecycle-earliest-today-wait-until = sớm nhất là ngày { $day }; hôm nay là ngày { $today }, hãy thực hiện khi đến ngày đó
lifecycle-day-launch-not-given = chưa có ngày phát động; hãy điền launched_on
lifecycle-campaign-cannot-possible = ở trạng thái { $status } không thực hiện được bước { $step }; bước có thể thực hiện: { $allowed }
lifecycle-unit-no-way-up = đơn vị không có cấp trên trực tiếp vào ngày đầu; hãy bổ sung quan hệ trực thuộc
lifecycle-missing-reports = chưa tổng kết được vì còn thiếu { $count } báo cáo: { $list }. Hãy đôn đốc các đơn vị, duyệt các báo cáo đang chờ, hoặc miễn từng báo cáo bằng lệnh campaign waive
lifecycle-reopen-needs-two-persons = mở lại phong trào đã tổng kết phải do hai người thực hiện; hãy dùng lệnh campaign reopen
award-not-concluded = phong trào đang ở trạng thái { $status }; chỉ quyết định khen thưởng khi phong trào đã tổng kết: hãy tổng kết trước
award-decided = đã có quyết định khen thưởng { $reference } ngày { $day } căn cứ kết quả của phong trào này; hãy thu hồi quyết định trước bằng lệnh campaign award revoke
award-day-in-future = ngày { $day } của quyết định sau ngày hôm nay ({ $today }); hãy ghi ngày trên văn bản
award-other-document = quyết định đang chờ người thứ hai là { $reference } ngày { $day }; hãy ghi đúng số và ngày này hoặc bỏ trống, hoặc rút lại bằng lệnh campaign award withdraw
award-text-not-given = thiếu --{ $name }; hãy ghi thêm
award-not-decided = phong trào này chưa có quyết định khen thưởng; không có gì để thu hồi
award-nothing-to-withdraw = không có đề nghị nào về khen thưởng đang chờ người thứ hai; quyết định đã xác nhận thì thu hồi bằng lệnh campaign award revoke
conclusion-no-phase-left = đến ngày { $today } không còn đợt nào chờ sơ kết; hãy dùng campaign rehearse conclusion
campaign-status-DRAFT = dự thảo
campaign-status-ARCHIVED = đã lưu trữ
campaign-status-APPROVED = đã phê duyệt
campaign-status-LAUNCHED = đã phát động
campaign-status-SUSPENDED = tạm dừng
campaign-status-ACTIVE = đang thực hiện
campaign-status-CONCLUDED = đã tổng kết
campaign-status-CLOSED_EARLY = kết thúc sớm
campaign-status-UNDER_REVIEW = đang tổng kết
campaign-status-CLOSING = hết hạn, đang chốt số liệu

## participation
participation-comes-after-campaign-last = ngày { $held_on } sau ngày kết thúc phong trào; hãy kiểm tra lại
participation-campaign-no-target-mend = phong trào không có chỉ tiêu { $target }; hãy sửa mã
participation-unit-two-plans-force = đơn vị có hai kế hoạch cùng hiệu lực; hãy ghi SUPERSEDED cho kế hoạch cũ
participation-plan-does-not-go = kế hoạch không chuyển được từ { $from } sang { $to }; hãy thực hiện đúng thứ tự các bước

## check-context
check-context-element-too-large = số lớn nhất { $most } (bỏ dấu thập phân) x { $units } đơn vị x { $periods } kỳ trong mười năm vượt 10^18; đặt max không quá { $limit }, hoặc giảm scale
check-context-no-launch-day = chưa có launched_on: phong trào sẽ được phê duyệt và đánh giá hằng đêm nhưng không bao giờ phát động; nhập ngày lễ phát động
check-context-lease-shorter = điện thoại khóa dữ liệu sau { $lease } ngày không kết nối, mà chế độ báo cáo { $code } có kỳ { $days } ngày: điện thoại mỗi kỳ chỉ kết nối một lần sẽ bị khóa; đặt limits.offline_lease_days của máy chủ lớn hơn { $days }
check-context-always-met = số liệu nào cũng đạt điều kiện này, không thể không đạt; kiểm tra dấu và ngưỡng
check-context-never-met = không số liệu nào đạt được điều kiện này; kiểm tra dấu và ngưỡng
check-context-target-outside = các ngày của chỉ tiêu nằm ngoài thời gian tính số liệu nên sẽ không có số; kiểm tra ngày
check-context-no-units-at-level = chế độ báo cáo { $code } ở cấp { $level }, nhưng không có đơn vị nào ở cấp này hoạt động trong thời gian tính số liệu; kiểm tra cấp hoặc nhập tổ chức
check-context-unit-not-open = đơn vị { $uid } không hoạt động ngày nào trong phong trào; ghi đơn vị kế thừa
check-context-unknown-unit = không có đơn vị { $uid }; sửa mã hoặc nhập tổ chức
check-context-unknown-unit-near = không có đơn vị { $uid }; có phải là { $near }?
check-context-unknown-kind = không có đơn vị nào đang hoạt động thuộc loại { $kind }; các loại là { $list }
check-context-text-names-closed-unit = nội dung nêu "{ $name }", đơn vị không hoạt động ngày nào trong phong trào; ghi tên đơn vị của thời gian này
check-context-due-beyond-reports = phải có { $due } lần xác nhận, nhưng báo cáo của phong trào chỉ chứa được { $most }; kiểm tra con số
check-context-text-names-level = nội dung có từ "{ $word }", nhưng không có đơn vị nào ở cấp { $kind } hoạt động trong phong trào; kiểm tra nội dung hoặc tổ chức

## words of levels in Vietnamese texts, one word each
level-word-district = huyện
