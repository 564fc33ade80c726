## rehearsal
rehearsal-predecessor-no-base-so = thiếu số gốc của đơn vị trước, chưa được dùng số gốc của: { $units }
rehearsal-base-would-belong-nobody = số gốc { $base } của { $unit } không còn thuộc đơn vị nào; hãy chỉ định đơn vị kế thừa
rehearsal-weights-too-fine-exact = tỷ trọng quá lẻ, không tính chính xác được; hãy dùng phân số đơn giản hơn
rehearsal-nobody-signs-once-closed = không ai ký thay { $unit } sau khi kết thúc; hãy chỉ định đơn vị kế thừa hoặc cấp trên
rehearsal-does-not-follow-amount = { $to } không kế thừa { $from } hoặc số bàn giao âm; hãy sửa dòng bàn giao hoặc quan hệ kế thừa

## report-text
report-text-renamed = Đổi tên
report-text-conclusion = Kết luận
report-text-baselines = Số gốc so sánh
report-text-standings = Kết quả thi đua
report-text-under-another-parent = Đổi cấp trên chỉ huy
report-text-units-before-after = Số đơn vị trước và sau
report-text-nothing-been-changed = Chưa có gì được thay đổi.
report-text-devices-open-reports = Thiết bị và báo cáo đang mở
report-text-new = { $unit } thành lập mới
report-text-mergers-splits-dissolutions-new = Sáp nhập, chia tách, giải thể, thành lập
report-text-reconciles-changes-can-made = KHỚP: có thể cho hiệu lực
report-text-dissolved = { $unit } giải thể
report-text-not-comparable-structure-start = Không so sánh được với tổ chức lúc bắt đầu
report-text-reports-owed-from = Báo cáo phải nộp từ { $from } đến hết { $to }
report-text-units = { $from } → { $to }, { $count } đơn vị: { $units }
report-text-made-parts-several-old = nằm trên nhiều đơn vị cũ, { $kind }: { $units }
report-text-rehearsal-organisation-changes-effective = DIỄN TẬP THAY ĐỔI TỔ CHỨC, hiệu lực { $days }{ $legal }
report-text-does-not-reconcile-points = KHÔNG KHỚP: { $refused } điểm phải sửa trước khi cho hiệu lực
report-text-units-close-their-results = { $closed } đơn vị kết thúc: kết quả được chốt và xác nhận, không xếp loại về sau
report-text-new-units-exist-less = { $short } đơn vị mới tồn tại dưới { $value } % thời gian phong trào: không xếp loại
report-text-more-pieces-periods-cut = { $code }: { $before } → { $after }, thêm { $pieces } kỳ bị cắt tại ngày thay đổi
report-text-sum-units-exact-derived = { $element }: tổng { $before } → { $after }; { $exact } đơn vị cộng nguyên, { $derived } đơn vị suy ra theo tỷ trọng
report-text-devices-sync-once-more = { $unit }: { $devices } thiết bị đồng bộ lần cuối rồi gắn lại; { $open_reports } báo cáo đang mở, ký thay: { $acting_unit }
