## element
element-name-vietnamese-name-english = thiếu tên tiếng Việt, tên tiếng Anh hoặc đơn vị tính; hãy điền đủ ba mục
element-flag-0-1-give = chỉ tiêu xác nhận chỉ nhận 0 hoặc 1: đặt min = 0, max = 1, scale = 0
element-each-change-definition-needs = mỗi lần đổi định nghĩa cần evidence_vi, hệ số lớn hơn 0 và xếp theo ngày

## form
element-range-scale-cannot-give = khoảng giá trị { $min }..{ $max } hoặc số lẻ { $scale } không hợp lệ; cần min <= max và số lẻ từ 0 đến { $scale_max }
form-form-1-elements-one = biểu mẫu cần từ 1 đến { $limit } chỉ tiêu; hiện có { $elements }
form-there-no-element-declare = không có chỉ tiêu { $code }; hãy khai trong danh mục chỉ tiêu hoặc sửa mã
form-rule-uses-which-not = quy tắc dùng { $code } nhưng biểu mẫu không có; hãy bỏ quy tắc hoặc thêm chỉ tiêu
form-there-no-form-declare = không có biểu mẫu { $form }; hãy khai biểu mẫu hoặc sửa mã
form-nobody-reviews-name-least = chưa có cấp duyệt; hãy ghi ít nhất một cấp trong reviewers
form-element-entered-under-already = chỉ tiêu { $code } đã được nhập theo { $first }; mỗi chỉ tiêu chỉ nhập một lần
form-element-counted-may-not = chỉ tiêu { $code } được đếm ở cấp { $counting_level }, không nhập thêm ở cấp { $level }; hãy bỏ khỏi biểu mẫu này
form-code-stands-here-times = mã { $code } xuất hiện { $count } lần; mỗi mã chỉ dùng một lần
