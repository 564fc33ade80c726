## cluster-comparison
cluster-band-MORE = cần xem
cluster-band-EXPECTED = như dự kiến
cluster-band-FEWER = rõ ràng tốt hơn

## score-sheet
score-exclusion-VETO = không xếp loại theo văn bản của cơ quan có thẩm quyền
score-exclusion-UNDER_QUESTION = còn câu hỏi về số liệu đang cùng cấp trên xem lại
score-exclusion-INCOMPLETE = báo cáo chưa đủ 95 %: chờ số liệu, không phải 0 điểm
score-exclusion-TOO_SMALL = dưới 3 người: không chấm điểm, vì điểm của đơn vị sẽ là điểm của cá nhân
