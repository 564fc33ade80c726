## baseline
baseline-there-no-unit-mend = không có đơn vị { $uid }; hãy sửa mã hoặc nạp tổ chức trước
baseline-there-no-element-mend = không có chỉ tiêu thống kê { $code }; hãy sửa mã
baseline-element-counted-unit-enter = chỉ tiêu thống kê này được đếm ở cấp { $own }, đơn vị thuộc cấp { $level }; hãy nhập ở cấp { $own }
baseline-value-below-look-again = giá trị nhỏ hơn { $min }; hãy kiểm tra lại
baseline-shares-days-data-row = trùng ngày với dòng số liệu thứ { $row } ({ $window }); mỗi ngày chỉ được tính một lần

## text
verdict-NOT_COUNTED_HERE = Không đếm ở cấp này
verdict-CONTRIBUTION = Không đánh giá ở đây; đây là phần đóng góp
each-met-of-judged = { $met } trên { $judged } đơn vị đạt
each-others = chưa đạt: { $units }
each-neutral = không đánh giá: { $units }
each-unit = { $unit } ({ $state })
each-neutral-reason-EXPOSURE = hoạt động chưa đủ ba phần tư số ngày
each-neutral-reason-CLOSED = đã kết thúc hoạt động
check-target-allocation-unit = bảng giao nêu đơn vị { $uid } không có trong tổ chức; hãy sửa mã đơn vị
check-target-allocation-no-base = không chia được chỉ tiêu theo số gốc: có đơn vị thiếu số liệu cùng kỳ năm trước hoặc mọi số gốc đều bằng 0; hãy nhập số liệu kỳ gốc hoặc dùng bảng giao
figure-no-data = chưa có số liệu
state-group-not-judged = Không đánh giá ở đây
