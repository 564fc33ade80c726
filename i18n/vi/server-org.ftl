## check
check-code-stands-two-units = mã { $uid } được dùng cho hai đơn vị; mỗi mã chỉ dùng một lần
check-versions-must-follow-each = các phiên bản phải liền nhau từng ngày, không gián đoạn, không chồng nhau; hãy sửa ngày
check-code-held-too-during = mã { $code } đang thuộc { $first } trong thời gian { $span }; mỗi ngày một mã chỉ thuộc một đơn vị
check-unit-parent-not-among = đơn vị hoặc cấp trên không có trong danh sách đơn vị; hãy thêm hoặc sửa mã
check-no-unit-stands-under = đơn vị không thể là cấp trên của chính mình và thời gian phải có ít nhất một ngày; hãy sửa
check-exists-during-only-which = { $uid } chỉ tồn tại trong { $life }, không bao gồm hết { $span }; hãy sửa ngày
check-parent-during-already-there = đã có cấp trên { $first } trong { $span }; mỗi ngày chỉ có một cấp trên
check-no-command-parent-from = không có cấp trên trực tiếp từ { $day }; hãy thêm một dòng command
check-from-unit-stands-under = từ { $day } chuỗi cấp trên của đơn vị quay vòng về chính đơn vị; hãy sửa một cấp trên trong chuỗi
check-predecessor-successor-not-among = đơn vị trước hoặc đơn vị kế thừa không có trong danh sách; hãy thêm hoặc sửa mã
check-predecessor-must-end-successor = ngày { $day } đơn vị trước phải kết thúc và đơn vị kế thừa phải tồn tại; hãy sửa ngày
check-weights-under-sum-must = tổng tỷ trọng theo { $basis } là { $presented }, phải bằng đúng 1; hãy sửa tỷ trọng

## draft
draft-code-stands-unit-already = mã { $uid } đã dùng cho một đơn vị khác; hãy chọn mã mới
draft-does-not-exist-mend = { $uid } không tồn tại ngày { $day }; hãy sửa ngày hiệu lực hoặc mã đơn vị

## handover
handover-closing-stock-but-handed = { $name }: số tồn cuối của { $element } là { $stated } nhưng bàn giao đi { $transferred }; hai số phải bằng nhau
handover-taken-but-opening-stock = { $name }: nhận bàn giao { $transferred } của { $element } nhưng số tồn đầu ghi { $stated }; hai số phải bằng nhau
handover-no-stock = { $element } không phải chỉ tiêu số tồn; chỉ bàn giao số tồn
handover-giver-day = ngày { $effective_day } không phải ngày { $giver } kết thúc hoạt động, đơn vị cũng không còn hoạt động sau ngày đó; hãy ghi ở --on ngày liền sau ngày hoạt động cuối cùng
handover-taker-owes-not = ngày { $effective_day } { $taker } không báo cáo { $element }; hãy ghi đơn vị có báo cáo chỉ tiêu này, hoặc sửa chế độ báo cáo trước
handover-given-already = { $giver } đã có biên bản bàn giao { $element } ngày { $effective_day }; hãy bỏ biên bản đó trước
