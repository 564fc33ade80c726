## attainment
attainment-meeting-target-earns-half = đạt chỉ tiêu chỉ được một nửa số điểm
attainment-commune-3-3-cases = một xã có 3/3 vụ được đứng đầu cả tỉnh
attainment-no-direction-attainment-must = không biết tăng hay giảm là tốt: phải quy ra mức đạt trước
attainment-leader-target-divides-zero = khi mức dẫn đầu bằng chỉ tiêu thì phép chia cho 0 (lấy một nửa)
attainment-unit-points-depend-another = điểm của đơn vị phụ thuộc số của đơn vị khác: đơn vị dẫn đầu sửa số thì điểm của mọi đơn vị thay đổi

## cluster-comparison
cluster-comparison-worth-look = cần xem
cluster-comparison-as-expected = như dự kiến
cluster-comparison-clearly-better = rõ ràng tốt hơn

## score-sheet
score-sheet-not-ranked-document-authority = không xếp loại theo văn bản của cơ quan có thẩm quyền
score-sheet-question-about-figures-being = còn câu hỏi về số liệu đang cùng cấp trên xem lại
score-sheet-fewer-95-reports-waiting = báo cáo chưa đủ 95 %: chờ số liệu, không phải 0 điểm
score-sheet-fewer-3-persons-no = dưới 3 người: không chấm điểm, vì điểm của đơn vị sẽ là điểm của cá nhân
