## element
element-name-vietnamese-name-english = thiếu tên tiếng Việt, tên tiếng Anh hoặc đơn vị tính; hãy điền đủ ba mục
element-flag-0-1-give = chỉ tiêu thống kê loại xác nhận chỉ nhận 0 hoặc 1; hãy đặt min = 0, max = 1, scale = 0
element-level-changes-order = level_changes phải xếp theo thứ tự ngày, mỗi ngày một lần đổi, mỗi lần đổi sang cấp khác cấp trước đó; hãy xếp lại
element-each-change-definition-needs = mỗi lần đổi định nghĩa cần có evidence_vi và hệ số lớn hơn 0, xếp theo thứ tự ngày; hãy bổ sung

## form
element-range-scale-cannot-give = khoảng giá trị { $min }..{ $max } hoặc số chữ số thập phân { $scale } không hợp lệ; hãy đặt min <= max và scale từ 0 đến { $scale_max }
form-form-1-elements-one = biểu mẫu phải có từ 1 đến { $limit } chỉ tiêu thống kê; hiện có { $elements }
form-there-no-element-declare = không có chỉ tiêu thống kê { $code }; hãy khai báo trong danh mục hoặc sửa mã
form-rule-uses-which-not = quy tắc dùng chỉ tiêu thống kê { $code } không có trong biểu mẫu; hãy bỏ quy tắc hoặc thêm chỉ tiêu thống kê
form-there-no-form-declare = không có biểu mẫu { $form }; hãy khai báo biểu mẫu hoặc sửa mã
form-nobody-reviews-name-least = chưa có cấp duyệt; hãy ghi ít nhất một cấp trong reviewers
form-element-entered-under-already = chỉ tiêu thống kê { $code } đã được nhập theo { $first }; mỗi chỉ tiêu thống kê chỉ nhập một lần
form-opening-of-unknown = không có chỉ tiêu thống kê { $of }; hãy ghi chỉ tiêu số cuối kỳ mà { $code } là số đầu kỳ
form-opening-of-unlike = { $code } là số đầu kỳ của { $of }: hai chỉ tiêu phải khác nhau, đều là STOCK, cùng cấp và cùng số chữ số thập phân. Nếu là FLOW thì số tồn bị tính thêm một lần ở mỗi đơn vị kế thừa
form-levels-differ = chỉ tiêu thống kê { $code } được đếm ở cấp { $counted }, còn chế độ báo cáo ở cấp { $reported }: sẽ có ngày không ai báo cáo, hoặc hai cấp cùng báo cáo; hãy đặt level và level_changes giống nhau
form-element-counted-may-not = chỉ tiêu thống kê { $code } được đếm ở cấp { $counting_level }, không nhập thêm ở cấp { $level }; hãy bỏ khỏi biểu mẫu này
form-code-stands-here-times = mã { $code } xuất hiện { $count } lần; mỗi mã chỉ dùng một lần
form-field-code-letters = mã lĩnh vực { $code } không hợp lệ; mã gồm 1 đến 48 ký tự A-Z, 0-9 và _, bắt đầu bằng chữ cái

## figure-text
figure-text-not-a-figure = "{ $text }" không phải là số liệu; nhập một số, ví dụ 12, hoặc nil, carried:12, missing:awaiting_source, missing:not_counted, missing:see_note
figure-text-thousands-whole = "{ $text }": có phải là { $joined } không? Số liệu này không có phần thập phân; nhập các chữ số, không có dấu chấm, dấu phẩy hay dấu cách
figure-text-thousands = "{ $text }": có phải là { $joined } không? Chỉ dùng dấu chấm hoặc dấu phẩy trước phần thập phân; số liệu này có nhiều nhất { $scale } chữ số thập phân
figure-text-no-decimals = "{ $text }": số liệu này không có phần thập phân; nhập số nguyên
figure-text-too-many-decimals = "{ $text }": số liệu này có nhiều nhất { $scale } chữ số thập phân; rút ngắn lại
