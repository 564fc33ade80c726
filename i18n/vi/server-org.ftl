## check
check-code-stands-two-units = mã { $uid } dùng cho hai đơn vị; mỗi mã chỉ dùng một lần
check-versions-must-follow-each = thời gian hiệu lực phải liền nhau, có ít nhất một ngày, không chồng nhau; hãy sửa ngày
check-code-held-too-during = mã { $code } đang thuộc { $first } trong cùng thời gian { $span }; mỗi ngày một mã chỉ có một đơn vị
check-unit-parent-not-among = đơn vị con hoặc cấp trên không có trong danh sách đơn vị; hãy thêm hoặc sửa mã
check-no-unit-stands-under = đơn vị không thể là cấp trên của chính mình, và thời gian phải có ít nhất một ngày
check-exists-during-only-which = { $uid } chỉ tồn tại { $life }, không bao trùm { $span }; hãy sửa ngày
check-parent-during-already-there = đã có cấp trên { $first } trong { $span }; mỗi ngày chỉ có một cấp trên
check-no-command-parent-from = không có cấp trên chỉ huy từ { $day }; hãy thêm một dòng command
check-from-unit-stands-under = từ { $day } đơn vị đứng dưới chính mình qua các cấp trên; hãy sửa một cấp trên trong vòng này
check-predecessor-successor-not-among = đơn vị trước hoặc đơn vị kế thừa không có trong danh sách; hãy thêm hoặc sửa mã
check-predecessor-must-end-successor = ngày { $day }: đơn vị trước phải kết thúc và đơn vị kế thừa phải đang tồn tại; hãy sửa ngày
check-weights-under-sum-must = tổng tỷ trọng theo { $basis } là { $presented }, phải đúng bằng 1; hãy sửa các tỷ trọng

## draft
draft-code-stands-unit-already = mã { $uid } đã dùng cho một đơn vị khác; hãy chọn mã mới
draft-does-not-exist-mend = { $uid } không tồn tại ngày { $day }; hãy sửa ngày hiệu lực hoặc mã đơn vị

## handover
handover-closing-stock-but-handed = { $name }: tồn cuối { $element } là { $stated } nhưng bàn giao đi { $transferred }; hai số phải bằng nhau
handover-taken-but-opening-stock = { $name }: nhận bàn giao { $element } là { $transferred } nhưng tồn đầu ghi { $stated }; hai số phải bằng nhau
