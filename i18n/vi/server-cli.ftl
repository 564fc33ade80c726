## access
access-last-day-comes-before = ngày cuối trước ngày đầu; hãy sửa một trong hai ngày
access-account-holds-no-role = tài khoản { $account } chưa có vai trò nào; hãy cấp vai trò trước: thidua access grant --account { $account } ...
access-device = thiết bị
access-account = tài khoản
access-unit = đơn vị
access-kind = loại
access-state = trạng thái
access-enrolled = ghi danh
access-role = vai trò
access-from = từ ngày
access-last-day = đến hết ngày
access-grant-ended = đã kết thúc
access-devices-sessions-revoked = thiết bị và phiên làm việc đã thu hồi
access-id-device-32-hexadecimal = mã thiết bị phải có 32 chữ số hệ 16; hãy kiểm tra lại
access-revoked-commands-were-taken = { $device }: đã thu hồi. Máy chủ đã nhận { $taken } lệnh, liên lạc lần cuối { $day }. Số liệu nhập sau đó mà chưa gửi sẽ mất, trừ khi thiết bị đã xuất lệnh trước khi bị thu hồi (thidua access import-commands): hãy hỏi người sử dụng thiết bị và nhập lại.
access-device-revoked = { $device }: đã thu hồi. Số liệu chưa gửi sẽ mất, trừ khi thiết bị đã xuất lệnh trước khi bị thu hồi: hãy hỏi người sử dụng thiết bị và nhập lại.
import-commands-not-this-authority = { $shown } không phải do điện thoại của cơ quan này xuất, hoặc đã bị sửa; hãy xuất lại trên điện thoại hoặc xin lại tệp gốc
import-commands-device-not-revoked = thiết bị { $device } chưa bị thu hồi; hãy đồng bộ thiết bị, hoặc thu hồi trước (thidua access revoke)
import-commands-done = thiết bị { $device }: đã nhận { $count } lệnh vào phần tạm giữ của đơn vị, { $skipped } lệnh đã có từ trước
import-commands-held = lệnh tạm giữ số { $numbers }: trưởng đơn vị nhận thực hiện hoặc bỏ (thidua review held)
import-commands-refused = không nhận lệnh { $number }: { $why }

## second-factor
second-factor-secret = khóa bí mật:
second-factor-qr = chuỗi mã QR:
second-factor-recovery = mã khôi phục, mỗi mã dùng một lần:
second-factor-next = Chưa có hiệu lực. Hãy nhập khóa bí mật vào ứng dụng xác thực, ghi các mã khôi phục ra giấy, rồi xác nhận bằng mã của ứng dụng: thidua access second-factor confirm --account { $account } --id { $id } MÃ
second-factor-confirmed = { $account }: yếu tố xác thực thứ hai đã có hiệu lực; các phiên làm việc tại bàn trước đó đã kết thúc. Lần đăng nhập tới phải dùng mã kế tiếp của ứng dụng.
second-factor-reset = { $account }: đã hủy yếu tố xác thực thứ hai; các phiên làm việc tại bàn đã kết thúc. Nếu vai trò bắt buộc có, tài khoản chỉ đăng nhập lại được sau khi đăng ký mới.
second-factor-id = mã của yếu tố xác thực thứ hai gồm 32 chữ số thập lục phân; hãy chép từ kết quả của lệnh: thidua access second-factor begin
second-factor-codes-left = mã khôi phục còn lại

## access-key
access-key-there-no-campaign-see = không có phong trào { $code }; hãy xem: thidua campaign list
access-key-key-2 = khóa:
access-key-until = đến
access-key-printed-once-hand-over = Khóa chỉ in một lần: hãy giao cho cơ quan phối hợp bằng cách an toàn; máy chủ chỉ lưu mã băm của khóa.
access-key-key = khóa
access-key-campaign = phong trào
access-key-reads = được đọc
access-key-contracts = Gửi
access-key-expires = hết hạn
access-key-id-key-32-hexadecimal = mã khóa phải có 32 chữ số hệ 16; hãy kiểm tra lại
access-key-revoked = đã thu hồi

## audit
audit-audit-whole-lines-note = nhật ký nguyên vẹn, { $rows } dòng; hãy ghi lại để đối chiếu sau này: { $head }
audit-say-why-they-read = chưa nêu lý do xem nhật ký; hãy thêm --purpose

## audit-output
audit-output-audit-not-whole-from = nhật ký không nguyên vẹn từ dòng { $number }; hãy giữ nguyên tệp dữ liệu và so với bản sao lưu: thidua verify-backup
audit-output-number = số
audit-output-at = thời điểm
audit-output-action = hành động
audit-output-record = bản ghi
audit-output-revision = phiên bản

## audit-proof
audit-proof-there-no-line-audit = không có dòng số { $requested }: nhật ký có { $all } dòng; nếu đã có chữ ký cho số dòng lớn hơn thì phần cuối nhật ký đã bị cắt, hoặc đã khôi phục từ bản sao lưu cũ hơn
audit-proof-not-key-as-thidua = { $key } không phải là khóa do thidua audit key in ra; hãy kiểm tra lại
audit-proof-one-history-signed-up = nhật ký thống nhất, do { $name } ký, đến dòng { $size }: { $root }
audit-proof-neither-checkpoint-nor-proof = { $file } không phải là chữ ký hay bằng chứng, hoặc đã bị sửa; hãy xin lại tệp gốc
audit-proof-not-signed-own-audit = { $file } không phải do { $name } ký cho nhật ký của mình; hãy kiểm tra tệp và khóa
audit-proof-name-one-file-least = chưa nêu tệp nào; hãy nêu ít nhất một tệp
audit-proof-two-checkpoints-first-lines = hai chữ ký cho { $size } dòng đầu không giống nhau: có hai nhật ký khác nhau; { $keep }
audit-proof-audit-lines-does-not = nhật ký { $new } dòng không bắt đầu bằng { $old } dòng đã ký trước: có dòng đã bị sửa hoặc bỏ; { $keep }
audit-proof-line-as-file-says = dòng { $line } ghi trong tệp không có trong { $size } dòng đã ký; { $keep }
audit-proof-nothing-shows-lines-begin = chưa có căn cứ chứng minh { $new } dòng bắt đầu bằng { $old } dòng đã ký; cần chữ ký của { $old } dòng và: thidua audit prove --from { $old } --to { $new }

## backup
backup-second-place = nơi lưu thứ hai:
backup-copy-not-whole-use = bản sao lưu không nguyên vẹn ({ $fault }); hãy dùng bản khác
backup-next = việc tiếp theo:
backup-postgresql-restored-own-tools = PostgreSQL được khôi phục bằng công cụ riêng (pg_restore, Patroni); điện thoại tự phát hiện và gửi lại lệnh
backup-there-add-force-move = đã có { $path }; hãy thêm --force để chuyển tệp này sang tên khác (không xóa dữ liệu)
backup-acts-desk-without-phone = không xác định được các việc làm tại bàn (không qua điện thoại) sau thời điểm sao lưu, vì không có cơ sở dữ liệu cũ
backup-no-act-desk-lost = không có việc làm tại bàn nào bị mất
backup-done-desk-after-copy = các việc làm tại bàn sau thời điểm sao lưu, cần làm lại:
backup-revoked-commands-lost = thiết bị { $device } bị thu hồi sau thời điểm sao lưu; bản sao lưu thiếu các lệnh đã nhận số { $numbers }
backup-revoked-commands-unknown = thiết bị { $device } bị thu hồi sau thời điểm sao lưu; bản sao lưu có các lệnh của thiết bị đến số { $last }, và không có cơ sở dữ liệu cũ để biết đã nhận những lệnh nào sau đó
backup-revoked-commands-next = thiết bị đã bị thu hồi không gửi lại được: hãy nhập tệp mà thiết bị đã xuất (thidua access import-commands), hoặc đề nghị đơn vị nhập lại số liệu
backup-no-copy-authority-key = { $dir } chưa có { $name }; hãy chép một lần authority.key, seal.key, revoked.log và thư mục tls từ máy chính
backup-there-no-whole-copy = không có bản sao lưu nguyên vẹn nào trong { $presented }
backup-schema-up-date = lược đồ đã là bản mới nhất
backup-applied = đã áp dụng:
backup-would-apply = sẽ áp dụng:
backup-as-before = bản sao trước khi thay đổi:

## backup-locations
backup-locations-no-backup-postgresql-neither = CHƯA CÓ SAO LƯU: PostgreSQL này không có bản sao dự phòng và không lưu trữ WAL
backup-locations-no-backup-second-place = CHƯA CÓ SAO LƯU ở nơi lưu thứ hai: hãy đặt backup.second rồi chạy thidua backup
backup-locations-no-backup-second-place-2 = CHƯA CÓ SAO LƯU ở nơi lưu thứ hai (backup.second chưa có bản sao lưu nào): hãy chạy thidua backup

## baseline
baseline-dry-run-nothing-written = chạy thử, chưa ghi dữ liệu
baseline-figure = số liệu
baseline-source = nguồn
baseline-lines-pass = dòng hợp lệ


## campaign
campaign-catalogue-entries = mục danh mục
campaign-campaigns = phong trào
campaign-written = đã ghi:
campaign-no-mistakes = không phát hiện lỗi
campaign-org-or-server = --org kiểm tra theo tệp trên máy này, --server kiểm tra theo dữ liệu trên máy chủ: chỉ ghi một trong hai
campaign-there-no-calendar-expected = không có lịch báo cáo "{ $code }"; hãy dùng một trong: { $existing }

## campaign-conclusion
rehearsal-heading = Diễn tập { $act }, phong trào { $code }, tính đến ngày { $as_of }; không ghi gì
rehearsal-phase = đợt
rehearsal-changed = { $changed } kết quả khác với kết quả đã công bố
rehearsal-missing = Còn thiếu { $count } báo cáo, trong đó đã miễn { $waived }
rehearsal-reviewing-unit = {"  "}{ $unit } duyệt: { $count } báo cáo
rehearsal-missing-count = báo cáo thiếu
rehearsal-open-verdicts = { $count } kết luận còn phụ thuộc vào báo cáo thiếu; nếu tổng kết như hiện nay, { $forever } kết luận sẽ vĩnh viễn không xác định
rehearsal-stays = nếu tổng kết
rehearsal-for-ever = vĩnh viễn không xác định
rehearsal-until-concluded = xác định được
waive-no-such-report = không có báo cáo này trong các báo cáo phải gửi; xem mã báo cáo bằng lệnh campaign rehearse
waiver-state-PROPOSED = chờ người thứ hai ký
waiver-state-SIGNED = đã miễn
waiver-state-REFUSED = không miễn
waiver-state-LAPSED = hết hiệu lực, báo cáo đã được duyệt
waiver-contract = chế độ báo cáo
waiver-period = kỳ
waiver-reason = lý do
waiver-report = báo cáo
reopen-asked = Phong trào { $code }: đã đề nghị mở lại tổng kết ({ $reason }); cần người thứ hai thực hiện lệnh này
reopen-status = Phong trào { $code }: { $status }
award-stored = Phong trào { $code }: { $award }
award-step-PROPOSED = đã nhập quyết định khen thưởng { $reference } ngày { $day }; cần người thứ hai xác nhận
award-step-WITHDRAWN = đã rút lại quyết định khen thưởng { $reference } ngày { $day } trước khi được xác nhận
award-step-DECIDED = quyết định khen thưởng { $reference } ngày { $day } đang có hiệu lực
award-step-REVOCATION_ASKED = quyết định khen thưởng { $reference } ngày { $day } đang có hiệu lực; đã đề nghị thu hồi ({ $reason }), cần người thứ hai xác nhận
award-step-REVOCATION_WITHDRAWN = quyết định khen thưởng { $reference } ngày { $day } đang có hiệu lực; đề nghị thu hồi đã được rút lại
award-step-REVOKED = quyết định khen thưởng { $reference } ngày { $day } đã bị thu hồi

## campaign-lifecycle
campaign-lifecycle-code = mã
campaign-lifecycle-days = thời gian
campaign-lifecycle-steps-from-here = bước tiếp theo
campaign-lifecycle-dry-run-conclude = --dry-run chỉ dùng với bước conclude

## database-connection
database-connection-line-database-leaves-machine = kết nối đến cơ sở dữ liệu đi ra khỏi máy này mà không xác thực máy trả lời: bên thứ ba trên đường truyền có thể đọc và sửa dữ liệu
database-connection-add-sslmode-verify-full = thêm sslmode=verify-full&sslrootcert=TỆP vào database.url; xem OPERATIONS.vi.md
database-connection-use-thidua-built-features = dùng bản thidua biên dịch với --features postgres-tls cùng sslmode=verify-full, hoặc đường hầm bắt đầu trên máy này; xem OPERATIONS.vi.md
database-connection-database-replica-url-goes = database.replica_url chỉ dùng khi cả hai cơ sở dữ liệu là PostgreSQL (postgres://...); hãy bỏ khóa cấu hình này hoặc sửa địa chỉ

## doctor
desk-name-account = hãy ghi tài khoản đứng tên: --account TÊN
desk-other-account = { $named } chưa đăng nhập máy chủ này; việc được ghi nhận dưới tên { $account }. Hãy đăng nhập bằng tài khoản { $named } (thidua sign-in), hoặc bỏ --account
desk-not-remote = việc này thuộc về chính máy đặt máy chủ (tệp, khóa hoặc cơ sở dữ liệu của máy đó): hãy bỏ --server và biến THIDUA_SERVER rồi chạy tại máy đó
desk-judges-on-its-machine = số liệu chưa công bố chỉ xem được tại máy đặt máy chủ, để không ai chỉnh số liệu sắp gửi cho khớp chỉ tiêu: hãy bỏ --now, --live và --view để xem kết quả đã công bố
desk-reference-hidden = tài khoản { $account } không được xem đơn vị và danh mục tại máy chủ này: hãy dùng tài khoản có vai trò báo cáo, duyệt, chủ trì phong trào hoặc quản lý số liệu
desk-address = { $address } không phải địa chỉ máy chủ: hãy ghi như https://10.0.0.2:8443
desk-plaintext = { $address } là máy khác, http:// sẽ gửi mật khẩu và mã truy cập không mã hóa: hãy ghi https://
desk-no-answer = máy chủ không trả lời: { $text }. Hãy kiểm tra địa chỉ, đường mạng và tệp ghi ở --ca có đúng là chứng thư CA của máy chủ này không (thidua sign-in --ca TỆP)
desk-unknown-answer = câu trả lời của máy chủ có phần mà chương trình này chưa biết: hãy dùng chương trình cùng phiên bản với máy chủ
desk-not-signed-in = chưa có phiên làm việc tại { $address }, hoặc phiên đã kết thúc: thidua sign-in --server { $address } --account TÊN
desk-sessions-open = { $shown } chứa mã truy cập mà người khác đọc hoặc ghi được: hãy chạy chmod 600 { $shown }, sau đó kết thúc các phiên (thidua sign-out) và đăng nhập lại
desk-sessions-damaged = { $shown } không đọc được như một tệp phiên làm việc: hãy chuyển tệp đi nơi khác và đăng nhập lại
desk-no-home = chưa đặt XDG_CONFIG_HOME hoặc HOME nên không có chỗ lưu phiên làm việc: hãy đặt một trong hai biến
desk-no-role-on-unit = không có tài khoản nào (trong phạm vi được xem) giữ vai trò tại đơn vị có mã { $code }: hãy ghi mã như trong `access grants`
desk-name-server = hãy ghi máy chủ: --server https://10.0.0.2:8443, hoặc biến THIDUA_SERVER
desk-name-ca = lần đăng nhập đầu tiên cần chứng thư CA của máy chủ, do người vận hành máy chủ giao: --ca TỆP
desk-ask-password = mật khẩu
desk-ask-second-factor = mã của yếu tố xác thực thứ hai
desk-no-password = chưa có mật khẩu: hãy gõ tại cửa sổ lệnh, hoặc đưa qua đầu vào chuẩn với --password-stdin
desk-signed-in = { $account } đã đăng nhập { $address } đến { $until }; nếu mười lăm phút không có lệnh nào thì phiên kết thúc sớm hơn
desk-signed-out = đã đăng xuất khỏi { $address }
desk-job-failed = tác vụ { $name } không hoàn thành: { $text }. Xem: thidua jobs history { $name }
doctor-something-must-done-now = có vấn đề phải xử lý ngay, xem các mục ở trên
doctor-run-doctor-there = chạy thidua doctor trên máy chủ
doctor-run-thidua-migrate = chạy: thidua migrate
doctor-older-schema-missing = lược đồ cũ, còn thiếu: { $list }
doctor-another-machine-replaced-one = máy khác đã thay thế máy này. Các việc chỉ làm tại bàn ở máy này sau bản sao lưu cuối: { $list }
doctor-end-server-do-these = dừng máy chủ này; làm lại các việc trên ở máy chính; để dùng làm máy dự phòng, khôi phục từ bản sao lưu của máy chính
doctor-set-backup-second-then = đặt backup.second rồi chạy: thidua backup
doctor-no-backup-second-place = CHƯA CÓ SAO LƯU ở nơi lưu thứ hai
doctor-run-thidua-backup-see = chạy: thidua backup; kiểm tra nguyên nhân tác vụ hằng đêm không chạy
doctor-no-backup = CHƯA CÓ SAO LƯU trong { $shown }
doctor-newest-copy-days-old = bản sao lưu mới nhất đã { $days } ngày
doctor-set-up-synchronous-replica = thiết lập bản sao đồng bộ (Patroni) hoặc lưu trữ WAL; xem OPERATIONS.vi.md
doctor-no-replica-synchronous-failover = không có bản sao nào đồng bộ: khi chuyển máy có thể mất các lệnh mới nhất cho đến khi điện thoại gửi lại
doctor-turn-synchronous-mode-patroni = bật synchronous_mode của Patroni
doctor-job-slot = tác vụ { $name }, lượt { $at }: { $state } { $why }
doctor-no-launch-day = phong trào { $code } đã phê duyệt nhưng chưa có launched_on: được đánh giá hằng đêm và không bao giờ phát động
doctor-give-launch-day = thidua campaign export { $code }, nhập launched_on, rồi thidua campaign apply kèm --basis
doctor-see-thidua-jobs-history = xem thidua jobs history, rồi chạy: thidua jobs run TÊN
doctor-end-server-restore-whole = dừng máy chủ và khôi phục từ bản sao lưu nguyên vẹn: thidua restore
doctor-replica-cannot-reached-primary = không kết nối được bản sao chỉ đọc, máy chính xử lý toàn bộ: { $error }
doctor-look-replica-database-replica = kiểm tra bản sao chỉ đọc và database.replica_url
doctor-look-tls-thidua-toml = kiểm tra mục [tls] trong thidua.toml, hoặc tạo chứng thư mới: thidua tls init
doctor-certificate-ends = chứng thư { $file } hết hạn lúc { $at }: sau đó không máy nào kết nối được bằng chứng thư này
doctor-renew-certificate = làm chứng thư mới: thidua tls init, với [web] thì xin ở nơi đã cấp; máy chủ tự nhận tệp mới
doctor-everything-well = không phát hiện vấn đề
doctor-do-first =
    { "" }
    Việc cần làm trước:

## error
output-same-in-more-lines = lỗi tương tự ở { $count } dòng khác: { $list }
error-warning = cảnh báo:{ " " }
error-machine-gives-no-random = hệ điều hành không cung cấp được số ngẫu nhiên; hãy thử lại
error-there-no-data-yet = chưa có dữ liệu trong { $dir }; hãy chạy: thidua init --data { $dir }
error-there-is-no-file = không có { $path }, hoặc không có thư mục chứa tệp; kiểm tra đường dẫn
error-cannot-read-write-look = không đọc hoặc ghi được { $path }: { $error }; hãy kiểm tra đường dẫn và quyền
error-database-url-asks-tls = database.url yêu cầu TLS (sslmode) nhưng chương trình này không có TLS đến PostgreSQL; hãy dùng bản biên dịch với --features postgres-tls (scripts/package tạo bản này), hoặc bỏ sslmode và kết nối qua đường hầm bắt đầu trên máy này
error-database-answers-does-not = cơ sở dữ liệu trả lời nhưng không chứng minh được là đúng máy, hoặc một bên từ chối kết nối ({ $text }); hãy kiểm tra tên máy, sslmode và sslrootcert trong database.url, chứng thư và pg_hba.conf của PostgreSQL
error-database-pre-release-line = cơ sở dữ liệu thuộc bản thử nghiệm (lược đồ { $found }), chương trình này không đọc và không nâng cấp được; dữ liệu không thay đổi: hãy giữ lại tệp, dùng chương trình cũ để xem, và tạo cơ sở dữ liệu mới bằng thidua init
error-database-schema-program-knows = cơ sở dữ liệu có lược đồ { $found }, chương trình này chỉ hỗ trợ đến lược đồ { $supported }; hãy dùng phiên bản thidua hỗ trợ lược đồ { $found }
error-file-mistakes-nothing-written = tệp có lỗi, chưa ghi dữ liệu; hãy sửa các chỗ sau rồi chạy lại
error-caller-not-known-enrol = không xác định được người gọi; hãy ghi danh lại thiết bị
error-device-revoked-ask-new = thiết bị đã bị thu hồi; hãy xin mã ghi danh mới
error-another-server-runs-job = một máy chủ khác đang chạy tác vụ này, chưa ghi dữ liệu; hãy xem: thidua jobs history
error-database-busy-cannot-reached = cơ sở dữ liệu đang bận hoặc không kết nối được ({ $text }); hãy thử lại
error-database-cannot-written-look = không ghi được cơ sở dữ liệu ({ $text }); hãy kiểm tra dung lượng trống và quyền ghi
error-file-cannot-read-written = không đọc hoặc ghi được tệp ({ $text }); hãy kiểm tra đường dẫn và quyền
error-database-schema-older-program = lược đồ cơ sở dữ liệu cũ hơn chương trình (cần áp dụng: { $pending }); hãy sao lưu rồi chạy thidua migrate
error-another-server-replaced-one = máy chủ này đã được máy khác thay thế và không ghi dữ liệu nữa; hãy chạy thidua doctor để biết việc cần làm
error-stored-data-damaged-restore = dữ liệu lưu trữ bị hỏng: { $text }; hãy khôi phục từ bản sao lưu
error-database-trouble-see-docs = lỗi cơ sở dữ liệu: { $text }; hãy xem docs/STATUS.md hoặc báo lại kèm dòng này
error-configuration-wrong = cấu hình không hợp lệ: { $error }

## field
field-commands-sent-records-received = đã gửi { $sent } lệnh, đã nhận { $rows } bản ghi, { $bytes } B
field-refused = bị từ chối
field-everything = tổng cộng
field-nothing-differs = không có thay đổi
field-report = báo cáo
field-from = từ
field-to = đến
field-due = hạn gửi
field-status = trạng thái
field-form = biểu mẫu
field-expected-element-figure-element = "{ $text }": cần CHỈ_TIÊU=SỐ, CHỈ_TIÊU=nil hoặc CHỈ_TIÊU=missing:see_note
field-commands-exported = đã xuất { $count } lệnh ra { $path }; chỉ cơ quan mới đọc được tệp này. Sau khi thu hồi điện thoại: thidua access import-commands
field-name = tên gọi
field-name-ambiguous = "{ $name }" có thể là { $count } báo cáo; ghi thêm đơn vị, biểu mẫu hoặc ngày đầu kỳ, như các tên gọi dưới đây
field-name-unknown = "{ $name }" không phải là báo cáo đơn vị phải gửi hoặc báo cáo có trên máy này; xem tên gọi: thidua field due (--from, --to cho những ngày khác)
field-report-blank = { $name } chưa có số liệu; hãy nhập trước: thidua field fill { $name }
field-fill-how = Enter: giữ số liệu trong ngoặc vuông. Nhập một số, nil (không phát sinh), carried:SỐ (giữ nguyên kỳ trước), missing:awaiting_source, missing:not_counted, missing:see_note. Ctrl-D: dừng tại đây và giữ phần đã nhập.
field-input-ended-kept = Dừng nhập: { $count } số liệu đã nhập của { $name } được giữ ở dạng bản nháp; nhập tiếp bằng thidua field fill { $name }
field-input-ended-nothing = Dừng nhập: chưa nhập thêm số liệu nào của { $name }; số liệu đã có vẫn giữ nguyên
field-not-submitted = chưa gửi { $name } vì dừng nhập trước câu hỏi cuối; trả lời các ô còn lại: thidua field fill { $name } --submit
field-kept-as-draft = chưa gửi { $name }; phần đã nhập được giữ ở dạng bản nháp
field-entered-was = đã nhập nhưng chưa lưu: { $cells }
field-cell-not-understood = { $element }: { $fault }
field-line-not-text = dòng này không phải là văn bản UTF-8; hãy nhập lại
field-figure-out-of-range = "{ $text }" nằm ngoài khoảng { $min } đến { $max }; kiểm tra số liệu rồi nhập lại

## files
files-larger-64-mib-split = { $shown } lớn hơn 64 MiB; hãy tách thành nhiều tệp
files-not-utf-8-excel = { $shown } không phải UTF-8; trong Excel hãy lưu dạng "CSV UTF-8"

## fleet
fleet-name = tên
fleet-devices = thiết bị
fleet-last-contact = liên lạc lần cuối
fleet-waiting = chờ gửi
fleet-card-open-until = phiếu còn hạn đến

## healthcheck
healthcheck-see-log-thidua-serve = { $address }: { $error }; hãy xem nhật ký của thidua serve

## init
init-holds-already-choose-another = { $shown } đã có { $config }; hãy chọn thư mục khác, hoặc xin mã mới: thidua access enrol --account admin
init-made = đã tạo
init-first-administrator-enrolment-code = mã ghi danh của quản trị viên đầu tiên, chỉ in một lần:

## invite
invite-qr-text = mã QR (chữ):{ "   " }
invite-typed-code = mã gõ tay:{ "     " }
invite-addresses = địa chỉ:{ "       " }
invite-ca-sha-256 = SHA-256 của CA:

## jobs
jobs-job = tác vụ
jobs-daily = hằng ngày
jobs-last = lần chạy cuối
jobs-there-no-job-there = không có tác vụ { $name }; hãy dùng một trong: { $names }
jobs-full-goes-aggregate-only = --full chỉ dùng với tác vụ aggregate
jobs-running = đang chạy
jobs-slot-done-before = lượt này đã chạy xong trước đó
jobs-another-process-runs-now = tác vụ { $name } đang chạy ở tiến trình khác; hãy đợi rồi xem: thidua jobs history
jobs-campaigns-same-byte-from = phong trào tính lại từ báo cáo gốc, trùng khớp từng byte
jobs-job-not-running-see = tác vụ { $name } không đang chạy; hãy xem: thidua jobs history { $name }
jobs-cancelled-nothing-published = đã hủy, không công bố kết quả
jobs-state = kết quả
jobs-seconds = giây
jobs-message = nội dung

## live-standings
live-standings-target = chỉ tiêu
live-standings-accepted = đã duyệt
live-standings-value = giá trị
live-standings-if-all-accepted = nếu duyệt hết
live-standings-right-half-provisional-published = cột bên phải là số liệu tạm tính, không công bố; kết quả chính thức do lần tổng hợp hằng đêm công bố

## lookup
lookup-there-no-unit-codes = không có đơn vị { $code }; hãy dùng mã ở cột uid của units.csv
lookup-name-campaign-code-there = chưa xác định được phong trào; hãy nêu mã phong trào, hiện có: { $codes }

## morning-report
morning-report-campaign-no-phase = phong trào { $code } không có đợt { $phase }; hãy nhập số khác, 0 là cả phong trào
morning-report-wrote =
    đã ghi { $page }
    { "       " }{ $book }
morning-report-could-not-written-name = không ghi được { $path }: { $error }; hãy chọn thư mục khác bằng --out

## org
org-units = đơn vị
org-new = mới
org-changed = thay đổi
org-records-written = số bản ghi đã ghi:
org-handover-stored = Bàn giao { $count } dòng từ ngày { $day }
org-handover-heading = Từ ngày { $day }, { $basis }: { $state }
org-handover-from = bên giao
org-handover-to = bên nhận
org-handover-element = chỉ tiêu
org-handover-amount = số tồn
handover-state-PROPOSED = chờ người thứ hai ký
handover-state-SIGNED = đã ký
handover-state-REFUSED = không ký

## output
output-error = lỗi

## pending-decisions
pending-decisions-proposal = đề nghị điều chỉnh
pending-decisions-cells = ô số liệu
pending-decisions-reason = lý do
pending-decisions-held = lệnh tạm giữ
pending-decisions-why = lý do tạm giữ
pending-decisions-refused = lý do từ chối

## phone
phone-note = ghi chú
phone-question = câu hỏi

## rehearse
rehearse-files-change-nothing = các tệp không có thay đổi nào vào ngày { $on }; hãy kiểm tra ngày và tệp
rehearse-rehearsal-does-not-reconcile = kết quả diễn tập không khớp; hãy sửa các điểm đã nêu rồi diễn tập lại
rehearse-files-change-nothing-after = các tệp không có thay đổi nào sau ngày { $today }; hãy thêm --on NGÀY
rehearse-before-files-differ-from = trước ngày { $on } các tệp khác cơ sở dữ liệu ở { $differing } đơn vị; hãy đối chiếu trước khi nạp

## relocate
relocate-moving-checking-each-table = đang chuyển và kiểm tra từng bảng…
relocate-next-set-database-url = việc tiếp theo: đặt database.url trong thidua.toml thành nơi mới, rồi chạy thidua serve

## remind
remind-contract = chế độ báo cáo
remind-first-day = từ ngày
remind-last-day = đến ngày
remind-due = hạn gửi
remind-days-late = số ngày trễ

## report
report-import-denied = { $lines } dòng thuộc { $count } đơn vị ({ $units }) mà { $account } không được báo cáo thay; dùng tài khoản của từng đơn vị hoặc cấp vai trò: thidua access grant-many --help
report-there-no-report = không có báo cáo { $report }; hãy kiểm tra mã báo cáo
report-written = đã ghi
import-counts = { $created } mới, { $changed } thay đổi, { $unchanged } không đổi, { $held } chờ người có thẩm quyền, { $refused } bị từ chối
import-more-changes = ... và { $more } thay đổi khác (xem đủ bằng --json)
report-reports-commands = { $count } báo cáo, { $steps } lệnh; { $tail }
report-there-no-reporting-contract = không có chế độ báo cáo { $contract }; hãy dùng một trong: { $codes }

## review
review-contract = chế độ báo cáo
review-look = cần xem xét
review-nil-reports-nothing-look = { $clean } báo cáo không phát sinh, không có điểm cần xem xét: thidua review accept --clean-nil
review-commented = có ý kiến
review-changed-again = được sửa hơn một lần
review-late = gửi chậm
review-note = có ghi chú
review-nothing-waits = không có báo cáo nào chờ duyệt
review-none-accepted = chưa duyệt báo cáo nào
review-element = chỉ tiêu
review-now = kỳ này
review-last-period = kỳ trước
review-last-year = cùng kỳ năm trước
review-same-figures = { "    " }{ $same } số liệu khác bằng kỳ trước và cùng kỳ năm trước
review-which-to-accept = Duyệt các báo cáo số (ví dụ 1-12,15; để trống: không duyệt):
review-numbers-like = cần các số từ 1 đến { $count }, ví dụ 1-3,7
review-accepted = đã ghi lệnh duyệt { $accepted } báo cáo; chờ gửi { $waiting } lệnh
review-some-refused = có báo cáo không duyệt được; xem lại rồi chạy lại thidua review batch
review-open-finding = có câu hỏi về số liệu chưa trả lời ({ $rule } { $element })
review-departs-from-both = { $element }: { $now }, kỳ trước { $before }, cùng kỳ năm trước { $last_year }
review-no-clean-nil = không có báo cáo không phát sinh nào chờ duyệt mà không có điểm cần xem xét
review-no-such-proposal = máy này không có đề nghị điều chỉnh đó; xem danh sách: thidua review proposals
review-nothing-decided = Chưa quyết định gì. Chấp nhận đúng nội dung trên: thidua review amend { $proposal } --grant { $hash } ; từ chối: --refuse
pending-decisions-proposed = đề nghị
review-early = gửi sớm
review-word-missing = chưa có số của { $element }
review-reports = { $numbers } báo cáo
review-sent = đã gửi
review-waits-sent = đang chờ gửi
review-command = lệnh

## runs
runs-there-no-run-see = không có lần tổng hợp { $number }; hãy xem: thidua runs list
runs-run = lần tổng hợp
runs-published = công bố
runs-cut = chốt đến số thứ tự
runs-version = phiên bản
runs-differs = KHÔNG KHỚP
runs-raw-reports = báo cáo gốc
runs-input = đầu vào:
runs-standings = kết quả:
runs-computed-again-run-not = kết quả tính lại khác kết quả đã công bố: dữ liệu gốc đã bị sửa, hoặc chương trình này tính khác; hãy chạy thidua doctor --full
runs-semantics-changed = lần tổng hợp { $run } được đánh giá theo quy tắc phiên bản { $judged_by }, hiện nay là phiên bản { $today }; số liệu đã công bố còn nguyên và không tính lại theo quy tắc mới
runs-semantics = quy tắc
runs-supersedes = thay thế lần
runs-definitions-changed-organisation-forms = định nghĩa đã thay đổi (tổ chức, biểu mẫu hoặc phong trào)
runs-baselines-changed = số liệu kỳ gốc đã thay đổi
runs-standings-differ = kết quả khác nhau:
runs-reports-changed-between-two = báo cáo thay đổi giữa hai lần tổng hợp:

## score
score-plan = kế hoạch chấm điểm có lỗi: { $bad }
score-numbers-too-large = số liệu quá lớn để tính chính xác
score-not-applicable-weight-shared = không áp dụng, trọng số đã phân bổ cho tiêu chí khác
score-waiting-figures = chờ số liệu
score-provisional = tạm tính
score-order-codes-not-ranking = Theo thứ tự mã; đây không phải là xếp hạng. Tham gia thi đua là tự nguyện.

## serve
serve-listen-address-expected-address = listen.address = { $given }: cần địa chỉ và cổng, ví dụ 0.0.0.0:8443
serve-plaintext-not-served-take = không nhận kết nối không mã hóa ở { $address }; hãy bỏ listen.plaintext, hoặc thêm --insecure-plaintext khi có proxy TLS phía trước
serve-serving = đang phục vụ
serve-web-incomplete = web.host, web.certificate và web.key đi cùng nhau: hãy đặt cả ba, hoặc bỏ cả ba
serve-web-host = web.host { $host } cũng là địa chỉ mà điện thoại gọi ({ $address }): điện thoại chỉ tin CA của cơ quan; hãy dùng một tên khác cho trình duyệt, hoặc bỏ tên này khỏi listen.public
serve-field-app = Ứng dụng báo cáo trên trình duyệt: { $address }
serve-field-app-ca = Trình duyệt chỉ giữ ứng dụng để dùng khi mất mạng nếu máy tin CA { $ca }: hãy cài tệp này vào máy, hoặc đặt chứng thư công cộng trong [web] (docs/FIELD-APP.md).
serve-server-failed = máy chủ dừng vì lỗi: { $error }
serve-tls-client-auth-asks = tls.client_auth yêu cầu chứng thư nhưng tls.client_ca để trống; hãy ghi tệp chứng thư của cơ quan cấp chứng thư
serve-cannot-listen-port-may = không mở được { $address }: { $error }; cổng có thể đang được dùng, hãy đổi { $key }

## standing-drilldown
standing-drilldown-there-no-target-unit = không có chỉ tiêu { $code } ở đơn vị này; hãy xem: thidua standings
standing-drilldown-whole-campaign = cả phong trào
standing-drilldown-phase = đợt
standing-drilldown-now-same-time-last = { "  " }{ $element } { $name } ({ $unit }): hiện nay { $now }, cùng kỳ năm trước { $before }, cả kỳ gốc { $full }
standing-drilldown-unit-code-as-accepted = theo mã đơn vị, số liệu chốt đến { $cut }: đã duyệt { $accepted }, chờ duyệt { $waiting }, thiếu { $missing }, ngoài phạm vi được xem { $hidden }; số trong ngoặc không được cộng
standing-drilldown-missing = THIẾU
standing-drilldown-not-due = chưa tính, hạn gửi { $due }
standing-drilldown-waiting = chờ duyệt
standing-drilldown-late = , gửi chậm

## standing-format
standing-format-reports-expected-received-nil = báo cáo: phải gửi { $expected }, đã nhận { $received } (không phát sinh { $nil }), gửi chậm { $late }, đã duyệt { $accepted }, thiếu { $missing }; thiếu báo cáo không phải là số 0
standing-format-waived = đã miễn { $waived }

## standings
standings-there-no-view-expected = không có cách tính theo tổ chức { $text }; hãy dùng một trong: { $known }
standings-campaign-no-standings-yet = phong trào { $code } chưa có kết quả; hãy chạy: thidua jobs run aggregate
standings-last-year = năm trước
standings-now = hiện nay
standings-limit = mức giới hạn
standings-because = lý do
standings-running = đang diễn ra
standings-over-figures-preliminary = đã kết thúc, số liệu sơ bộ
standings-final = chính thức
standings-judged-through = đến hết ngày
standings-judged-through-day = { "  " }số liệu đến hết ngày { $day }
standings-nothing-due-yet = { "  " }chưa có kỳ báo cáo nào hết hạn gửi
standings-view = cách tính theo tổ chức

## target
target-nothing-given-put-one = không có dữ liệu vào; hãy đưa vào mỗi dòng một đối tượng JSON
target-line-not-json = dòng { $line }: không đọc được JSON: { $why }

## input
input-target-text = nội dung chỉ tiêu
input-expected = { $at }: cần { $expected }
input-object = một đối tượng {"{"}{"}"}
input-one-keys = một trong các khóa { $known }
input-true-false = true hoặc false
input-one = một trong { $words }
input-number-from-zero-up = số không âm, tối đa 18 chữ số, như 418, "0.4" hoặc "31/3"
input-number-from-0-1 = số từ 0 đến 1
input-element-code-z-0 = mã chỉ tiêu thống kê (a-z, 0-9, _)
input-list = một danh sách []
input-name = một tên
input-done-up-from-1 = done không quá of, of từ 1

## telemetry
telemetry-telemetry-otlp-https-telemetry = telemetry.otlp dùng https nhưng telemetry.ca để trống; hãy ghi tệp PEM của cơ quan cấp chứng thư cho bộ thu
telemetry-telemetry-ca-cannot-used = không dùng được telemetry.ca: { $error }; hãy ghi tệp PEM khác, hoặc để trống telemetry.otlp

## tls
audit-proof-keep = hãy giữ cả hai tệp làm bằng chứng và hỏi cơ quan ký
backup-done = đã sao lưu và kiểm tra: { $path } (đến số thứ tự { $seq }, { $rows } dòng nhật ký)
backup-whole = nguyên vẹn: lịch sử { $epoch }, đến số thứ tự { $seq }, { $rows } dòng nhật ký, { $scopes } phạm vi
backup-restored = đã khôi phục đến số thứ tự { $seq }; bắt đầu lịch sử số { $number }. Điện thoại tự gửi lại phần đã mất.
backup-promoted = máy này là máy chính từ lịch sử số { $number }, bản sao lưu đến số thứ tự { $seq }; máy cũ ngừng ghi khi có điện thoại kết nối
baseline-written = đã ghi { $written } số liệu mới, { $same } số liệu đã có từ trước
doctor-damaged = dữ liệu bị hỏng: { $fault }
error-tls = chứng thư: { $error }
error-keys = khóa của máy chủ: { $error }
invite-good-once = dùng một lần, trong { $minutes } phút, đến { $expires }
morning-report-no-workbook = không ghi được bảng tính: { $error }; hãy thử lại hoặc báo lại kèm dòng này
export-wrote = Đã ghi { $path }: { $count } dòng
dhis2-omitted-not-accepted = { $count } báo cáo chưa được duyệt nên không xuất: { $reports }
dhis2-omitted-unit = { $count } báo cáo không xuất vì vào ngày đầu kỳ đơn vị không có mã riêng (--unit-ids uid gọi được mọi đơn vị): { $reports }
dhis2-omitted-period = { $count } báo cáo không xuất vì DHIS2 không có mã cho các ngày của kỳ (ADX ghi được mọi kỳ): { $reports }
dhis2-omitted-nil = { $count } ô ghi không phát sinh; DHIS2 không có cách ghi nên không xuất: { $reports }
dhis2-omitted-awaiting-source = { $count } ô chưa có số liệu vì chờ nguồn nên không xuất: { $reports }
dhis2-omitted-not-counted = { $count } ô không có số liệu vì không thống kê nên không xuất: { $reports }
dhis2-omitted-see-note = { $count } ô không có số liệu, lý do ở phần ghi chú, nên không xuất: { $reports }
dhis2-omitted-note = { $count } ghi chú không có chỗ trong bộ số liệu nên không xuất: { $reports }
export-wrote-data-values = Đã ghi { $path }: { $values } giá trị của { $reports } báo cáo
export-no-data-values = không ghi được bộ số liệu: { $error }; hãy thử lại, hoặc báo lỗi kèm dòng này
error-with-detail = { $text } ({ $detail })
relocate-moved = đã chuyển { $rows } dòng của { $tables } bảng, đến số thứ tự { $seq }; chuỗi nhật ký và mã băm khớp. Cơ sở dữ liệu cũ không nhận ghi nữa.
serve-log = nhật ký: { $error }
telemetry-telemetry-otlp = telemetry.otlp = { $given }: cần http://MÁY:CỔNG hoặc https://MÁY:CỔNG, ví dụ http://127.0.0.1:4317
telemetry-telemetry-otlp-add-insecure = telemetry.otlp = { $given }: không gửi dữ liệu không mã hóa ra ngoài máy này; hãy dùng https://, hoặc thêm --insecure-plaintext khi đường truyền đã được bảo vệ
tls-restart-server-from-then = Hãy khởi động lại máy chủ: từ đó điện thoại nhận CA kế tiếp mỗi khi đồng bộ. Sau 90 ngày, hãy chạy: thidua tls roll-over --finish
tls-next-ca-announced-days = CA kế tiếp mới được thông báo { $days } ngày; điện thoại chưa đồng bộ từ khi thông báo sẽ mất kết nối. Hãy đợi đủ { $wait } ngày, hoặc dùng --early
tls-no-next-ca-announced = chưa có CA kế tiếp; hãy chạy: thidua tls roll-over
tls-restart-server-take-ca = Hãy khởi động lại máy chủ. Sau 90 ngày, hãy xóa tệp CA cũ:
tls-restart-server-use-new = hãy khởi động lại máy chủ để dùng chứng thư mới
quality-column-unit = đơn vị
quality-column-rule = quy tắc
quality-column-asked = ngày hỏi
quality-column-state = trạng thái
quality-column-question = câu hỏi
quality-column-reply = trả lời
score-column-unit = đơn vị
score-column-criterion = tiêu chí
score-column-most = tối đa
score-column-self = tự chấm
score-column-system = hệ thống
score-column-cluster = cụm
score-column-remark = ghi chú
error-record-too-large = một bản ghi dài { $bytes } byte, quá giới hạn { $max }: điện thoại không nhận được; chưa ghi gì. Hãy chia nhỏ hoặc rút gọn
error-content-altered = dữ liệu đã lưu không còn đúng như khi ghi: { $place }. Hãy giữ lại cơ sở dữ liệu làm bằng chứng và khôi phục từ bản sao lưu nguyên vẹn: thidua restore
doctor-clock-confirmed = đã ghi nhận đồng hồ đúng: { $at }
doctor-clock-doubt-recorded = máy chủ đang chạy ghi nhận đồng hồ có thể sai
phone-clock-behind = CLOCK: đồng hồ máy này chậm { $by }; theo máy chủ hôm nay là { $today }. Hãy đặt lại ngày giờ.
phone-clock-ahead = CLOCK: đồng hồ máy này nhanh { $by }; theo máy chủ hôm nay là { $today }. Hãy đặt lại ngày giờ.
error-wrong-permit = quyền { $action } tại { $unit } không dùng được cho bản ghi này; chưa ghi gì. Hãy báo lại kèm dòng này
rights-read = đọc
rights-write = ghi vào
rights-create-files = tạo tệp trong
rights-read-or-write = đọc hoặc ghi
rights-missing = người dùng { $user } không có quyền { $right } { $shown }: chạy thidua bằng người dùng sở hữu thư mục dữ liệu, hoặc giao thư mục cho người dùng này bằng chown -R
rights-read-only = { $shown } nằm trên hệ thống tệp chỉ cho đọc, người dùng { $user } không ghi được: gắn lại để ghi được, hoặc chọn thư mục khác bằng --data
doctor-open-to-others = người dùng khác của máy này có quyền với { $path } (mode { $mode }) và { $more } tệp khác ở đó
doctor-take-rights-from-others = chạy: chmod -R go-rwx { $dir }; ổ đĩa không có quyền tệp (FAT, CIFS): gắn với umask=077
doctor-second-factor-off = tài khoản có vai trò ADMIN hoặc COUNCIL_SECRETARY đăng nhập tại bàn chỉ bằng mật khẩu
doctor-turn-second-factor-on = đặt auth.second_factor = "required" trong thidua.toml rồi khởi động lại máy chủ; trước đó đăng ký cho từng tài khoản: thidua access second-factor begin
doctor-second-factor-not-enrolled = chưa có yếu tố xác thực thứ hai mà vai trò bắt buộc, các tài khoản sau không đăng nhập tại bàn được: { $labels }
doctor-enrol-second-factor = đăng ký cho từng tài khoản: thidua access second-factor begin --account NHÃN, hoặc cấp mã ghi danh (thidua access enrol)
error-commit-panicked = chương trình gặp lỗi bên trong khi ghi, có thể đã ghi hoặc chưa ghi: { $text }. Kiểm tra xem đã ghi chưa rồi mới làm lại, và báo lỗi này
error-database-encoding = cơ sở dữ liệu PostgreSQL dùng bảng mã { $encoding }, không lưu đúng được tiếng Việt: tạo lại với bảng mã UTF8 (createdb --encoding=UTF8 --template=template0) rồi chạy lại lệnh này; chưa có gì được tạo
error-transaction-pooler = trước cơ sở dữ liệu là bộ gộp kết nối ở chế độ transaction, không dùng được: chuyển sang chế độ session (pool_mode = session), hoặc ghi thẳng địa chỉ PostgreSQL trong database.url; chưa có gì được tạo
field-outbox-counts = chờ gửi { $waiting }, đã gửi chưa trả lời { $sent }, đang tạm giữ { $count }, bị từ chối { $refused }
phone-held-command = lệnh { $number }: HELD { $reason } { $text }

## grant-many
grant-file-or-rule = hãy cho tệp CSV, hoặc --all-below ĐƠN_VỊ cùng --role VAI_TRÒ
grant-label-names-unit = --account phải có {"{"}unit{"}"}, chỗ của mã đơn vị: mỗi đơn vị một tài khoản riêng
grant-no-unit-below = không có đơn vị nào đang hoạt động phù hợp ở dưới đơn vị này; hãy kiểm tra --all-below và --level
grant-would-give = { $count } vai trò hợp lệ; chạy thử, chưa ghi gì
grant-given = đã cấp { $given } vai trò; { $unchanged } vai trò đã có từ trước, giữ nguyên

## invite cards
cards-card = số phiếu
cards-issued = ngày cấp
cards-expires = hạn dùng
cards-written = đã ghi { $count } phiếu ghi danh vào { $file }: { $new } phiếu mới, { $again } phiếu đã cấp và còn hạn; { $given } vai trò mới được cấp
cards-have-phone = { $many } tài khoản đã có điện thoại nên không có phiếu: { $labels }. Cần phiếu cho cả các tài khoản này: thêm --also-enrolled
cards-short = Mã trên phiếu chỉ dùng được { $minutes } phút. Để phát phiếu cho các đơn vị, đặt enrolment.code_minutes (nhiều nhất 43200 phút, tức 30 ngày) rồi in lại với --renew
cards-keep-safe = Người có phiếu ghi danh được điện thoại của đơn vị: giao tận tay, in xong thì xóa tệp. Mất phiếu: thidua invite revoke SỐ_PHIẾU
cards-revoked = đã thu hồi { $revoked }/{ $asked } phiếu; phiếu đã dùng hoặc đã thu hồi thì giữ nguyên (điện thoại đã ghi danh: thidua access revoke)
cards-number-12-hexadecimal = số phiếu gồm 12 chữ số thập lục phân, in trên phiếu và trong thidua invite list; hãy kiểm tra lại
cards-missing-letters = Phông chữ của tệp PDF không có ký tự { $letters }: trên phiếu in ô vuông thay thế. Cần in đủ chữ thì ghi tờ phiếu ra tệp HTML (--out phieu.html)
sheet-title = Phiếu ghi danh điện thoại
sheet-intro = In trên giấy A4, hoặc chọn "Lưu thành PDF" trong hộp thoại in của trình duyệt. Mỗi phiếu chỉ dùng một lần. Cắt rời và giao tận tay cho đơn vị ghi trên phiếu.
sheet-roles = vai trò
sheet-expires = { $time } ngày { $day }
sheet-rule = Mở ứng dụng, quét mã. Chỉ dùng một lần. Không chụp ảnh, không gửi qua mạng. Mất phiếu: báo ngay cho cấp trên kèm số phiếu.
sheet-addresses-too-long = địa chỉ máy chủ quá dài cho một mã QR; hãy rút gọn listen.public
sheet-role-reporter = nhập số liệu
sheet-role-unit-head = trưởng đơn vị
sheet-role-reviewer = duyệt báo cáo
sheet-role-campaign-head = phụ trách phong trào
sheet-role-council-secretary = thư ký hội đồng
sheet-role-data-steward = quản lý dữ liệu dùng chung
sheet-role-auditor = kiểm tra
sheet-role-partner-reader = cơ quan phối hợp (đọc)
sheet-role-partner-writer = cơ quan phối hợp (gửi)
sheet-role-admin = quản trị
sheet-role-system = hệ thống
