## cluster-comparison
cluster-band-MORE = cần xem xét
cluster-band-EXPECTED = như dự kiến
cluster-band-FEWER = tốt hơn rõ rệt

## score-sheet
score-exclusion-VETO = không xếp loại theo văn bản của cơ quan có thẩm quyền
score-exclusion-UNDER_QUESTION = còn câu hỏi về số liệu đang xem xét cùng cấp trên
score-exclusion-INCOMPLETE = chưa nhận đủ 95 % báo cáo: chờ số liệu, không phải 0 điểm
score-exclusion-TOO_SMALL = đơn vị dưới 3 người: không chấm điểm, vì điểm của đơn vị sẽ là điểm của cá nhân
