## amendment
amendment-campaign-concluded-not-changed = phong trào đã tổng kết, không sửa được nữa; hãy lập phong trào mới
amendment-campaign-so-change-amendment = phong trào đã { $status }, thay đổi ({ $parts }) là một lần sửa đổi; hãy thêm --basis "số, ngày, tên quyết định"

## check
check-contract = hợp đồng báo cáo
check-nothing-secret-may-enter = tài liệu { $classification }: hệ thống không chứa nội dung mật; hãy bỏ phần mật và dùng NOT_SECRET
check-launch-comes-after-last = ngày phát động ở sau ngày kết thúc; hãy kiểm tra lại hai ngày
check-phase-must-begin-here = đợt thứ { $index } phải bắt đầu ngày { $next }, hiện là đợt { $no } từ { $start }
check-phases-end-before-campaign = các đợt kết thúc trước ngày { $last }, phong trào trước ngày { $end }; hai ngày phải trùng nhau
check-lines-most-merge-some = { $count } mục, nhiều nhất là { $limit }; hãy gộp hoặc tách thành phong trào khác
check-years-do-not-make = { $origin } cộng { $ordinal } năm không phải là { $on }; giữ nguyên văn đã đăng và thêm mục correction
check-evidence-does-not-fit = minh chứng không khớp: ATTESTATION cần chỉ tiêu loại EVENT_FLAG và due > 0, ACTIVITY_COUNT cần loại FLOW, NARRATIVE không cần
check-not-given-fill = chưa có { $key }; hãy điền
check-there-no-declare-mend = không có { $kind } { $name }; hãy khai báo hoặc sửa mã
check-no-contract-campaign-brings = không hợp đồng báo cáo nào của phong trào thu thập chỉ tiêu { $element }; hãy thêm hợp đồng hoặc sửa mã

## check-target
check-target-target-no-words-fill = chỉ tiêu chưa có lời văn; hãy điền text_vi và text_en
check-target-coverage-min-thousandths-0 = coverage_min tính theo phần nghìn, từ 0 đến 1000
check-target-element-measure-stock-stock = chỉ tiêu { $code } thuộc loại { $kind }: dùng stock(...@end) cho STOCK và count(...) cho loại khác
check-target-there-no-duty-evidence = không có nhiệm vụ { $name } loại ATTESTATION; hãy khai trong duties hoặc sửa tên
check-target-there-no-phase-declare = không có đợt { $no }; hãy khai trong phases hoặc sửa số
check-target-campaign-holds-no-milestone = phong trào chưa có mốc { $name }; hãy dùng attest(...) hoặc ngày cụ thể
check-target-baseline-says-formula-uses = baseline ghi { $declared }, công thức dùng { $used }; hãy sửa cho khớp
check-target-binding-target-needs-fill = chỉ tiêu BINDING cần { $key }; hãy điền, hoặc dùng STRIVE
check-target-base-shares-days-measured = kỳ gốc { $window } trùng { $days } ngày với kỳ đo; hãy đổi kỳ gốc hoặc nêu lý do ở overlap_waiver
check-target-how-target-could-met = chưa ghi bằng tiếng Việt cách đạt mà không làm (gaming_note); hãy viết một câu
check-target-reduction-ratio-needs-something = chỉ tiêu giảm hoặc tỷ lệ cần một số liệu đi kèm ngoài chính nó (pairs)
check-target-unit-itself-decides-below = đơn vị tự quyết định { $code } ở mẫu số; hãy thêm một số đếm vào pairs
check-target-there-no-other-target = không có chỉ tiêu { $code } khác để đi kèm; hãy sửa pairs
check-target-counts-work-done-more = { $code } đếm việc đã làm: nhiều hơn chưa chắc tốt hơn; nên đặt chỉ tiêu theo kết quả
check-target-asks-more-which-acts = đòi nhiều { $code } hơn là buộc phải xử lý người; được cho phép bởi: { $authority }
check-target-no-target-may-ask = không được đặt chỉ tiêu đòi nhiều { $code } hơn (bắt, phạt, dừng người); hãy bỏ chỉ tiêu này

## lifecycle
lifecycle-earliest-today-wait-until = sớm nhất là ngày { $day }; hôm nay { $today }, hãy chờ đến ngày đó
lifecycle-day-launch-not-given = chưa ghi ngày phát động; hãy điền launched_on
lifecycle-campaign-cannot-possible = ở trạng thái { $status } không thể { $step }; có thể: { $allowed }
lifecycle-unit-no-way-up = đơn vị không có cấp trên trong hệ chỉ huy vào ngày đầu; hãy bổ sung quan hệ trực thuộc
campaign-status-DRAFT = dự thảo
campaign-status-ARCHIVED = lưu trữ
campaign-status-APPROVED = phê duyệt
campaign-status-LAUNCHED = phát động
campaign-status-SUSPENDED = tạm dừng
campaign-status-ACTIVE = đang thực hiện
campaign-status-CONCLUDED = tổng kết xong
campaign-status-CLOSED_EARLY = kết thúc sớm
campaign-status-UNDER_REVIEW = đang tổng kết
campaign-status-CLOSING = hết hạn, đang chốt số liệu

## participation
participation-comes-after-campaign-last = ngày { $held_on } ở sau ngày kết thúc phong trào; hãy kiểm tra lại
participation-campaign-no-target-mend = phong trào không có chỉ tiêu { $target }; hãy sửa mã
participation-unit-two-plans-force = đơn vị có hai kế hoạch cùng hiệu lực; hãy ghi SUPERSEDED cho kế hoạch cũ
participation-plan-does-not-go = kế hoạch không thể từ { $from } sang { $to }; hãy đi đúng các bước
