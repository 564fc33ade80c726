## access
access-last-day-comes-before = ngày cuối ở trước ngày đầu
access-account-holds-no-role = tài khoản { $account } chưa có vai trò nào; hãy cấp trước: thidua access grant --account { $account } ...
access-device = thiết bị
access-account = tài khoản
access-unit = đơn vị
access-kind = loại
access-state = trạng thái
access-enrolled = ghi danh
access-devices-sessions-revoked = thiết bị và phiên đã thu hồi
access-id-device-32-hexadecimal = mã thiết bị có 32 chữ số hệ 16
access-revoked-commands-were-taken = { $device }: đã thu hồi. Đã nhận { $taken } lệnh, liên lạc lần cuối { $day }. Phần nhập sau đó mà chưa gửi sẽ mất: hãy hỏi người dùng máy và nhập lại.

## access-key
access-key-there-no-campaign-see = không có phong trào { $code }; xem: thidua campaign list
access-key-key-2 = khóa:
access-key-until = đến
access-key-printed-once-hand-over = Chỉ in một lần: hãy trao cho cơ quan qua đường an toàn; máy chủ chỉ giữ mã băm.
access-key-key = khóa
access-key-campaign = phong trào
access-key-reads = được đọc
access-key-expires = hết hạn
access-key-id-key-32-hexadecimal = mã khóa có 32 chữ số hệ 16
access-key-revoked = đã thu hồi

## audit
audit-audit-whole-lines-note = nhật ký nguyên vẹn, { $rows } dòng; ghi lại để so sau này: { $head }
audit-say-why-they-read = hãy nêu lý do xem: --purpose

## audit-output
audit-output-audit-not-whole-from = nhật ký không còn nguyên vẹn từ dòng { $number }; giữ nguyên tệp dữ liệu và so với bản sao: thidua verify-backup
audit-output-number = số
audit-output-at = lúc
audit-output-action = hành động
audit-output-record = bản ghi
audit-output-revision = lần sửa

## audit-proof
audit-proof-there-no-line-audit = không có dòng số { $requested }: nhật ký có { $all } dòng; nếu có chữ ký cho số dòng lớn hơn thì phần cuối đã bị cắt, hoặc máy đã được khôi phục từ bản sao cũ hơn
audit-proof-not-key-as-thidua = { $key }: không phải khóa do thidua audit key in ra
audit-proof-one-history-signed-up = một lịch sử, do { $name } ký, đến dòng { $size }: { $root }
audit-proof-neither-checkpoint-nor-proof = { $file }: không phải chữ ký hay bằng chứng, hoặc đã bị sửa dù một dấu; hãy xin lại tệp gốc
audit-proof-not-signed-own-audit = { $file }: không phải do { $name } ký cho nhật ký của mình; xem lại tệp và khóa
audit-proof-name-one-file-least = hãy nêu ít nhất một tệp
audit-proof-two-checkpoints-first-lines = hai chữ ký cho { $size } dòng đầu không giống nhau: có hai nhật ký; { $keep }
audit-proof-audit-lines-does-not = nhật ký { $new } dòng không bắt đầu bằng { $old } dòng đã ký trước: đã có dòng bị sửa hay bỏ; { $keep }
audit-proof-line-as-file-says = dòng { $line } như trong tệp không nằm trong { $size } dòng đã ký; { $keep }
audit-proof-nothing-shows-lines-begin = chưa có gì cho thấy { $new } dòng bắt đầu bằng { $old } dòng đã ký; cần cả chữ ký { $old } dòng và: thidua audit prove --from { $old } --to { $new }

## backup
backup-second-place = nơi thứ hai:
backup-copy-not-whole-use = bản sao không nguyên vẹn ({ $fault }); hãy dùng bản khác
backup-next = tiếp theo:
backup-postgresql-restored-own-tools = PostgreSQL được khôi phục bằng công cụ của nó (pg_restore, Patroni); điện thoại sẽ tự nhận ra và gửi lại
backup-there-add-force-move = { $path } đang có; thêm --force để dời nó sang bên (không xóa gì)
backup-acts-desk-without-phone = việc làm tại bàn (không qua điện thoại) sau bản sao: không biết được, vì không có cơ sở dữ liệu cũ
backup-no-act-desk-lost = không có việc nào tại bàn bị mất
backup-done-desk-after-copy = làm tại bàn sau bản sao, cần làm lại:
backup-no-copy-authority-key = { $dir } chưa có { $name }: chép authority.key, seal.key, revoked.log và thư mục tls từ máy chính một lần
backup-there-no-whole-copy = không có bản sao nguyên vẹn nào trong { $presented }
backup-schema-up-date = lược đồ đã mới nhất
backup-applied = đã áp dụng:
backup-would-apply = sẽ áp dụng:
backup-as-before = bản trước đó:

## backup-locations
backup-locations-no-backup-postgresql-neither = CHƯA CÓ SAO LƯU: PostgreSQL này không có bản sao dự phòng, cũng không lưu trữ nhật ký ghi (WAL)
backup-locations-no-backup-second-place = CHƯA CÓ SAO LƯU ở nơi thứ hai: đặt backup.second rồi chạy thidua backup
backup-locations-no-backup-second-place-2 = CHƯA CÓ SAO LƯU ở nơi thứ hai (backup.second còn trống): chạy thidua backup

## baseline
baseline-dry-run-nothing-written = chạy thử, chưa ghi gì
baseline-lines-pass = dòng đạt


## campaign
campaign-catalogue-entries = mục danh mục
campaign-campaigns = phong trào
campaign-written = đã ghi:
campaign-no-mistakes = không có lỗi
campaign-there-no-calendar-expected = không có lịch báo cáo "{ $code }"; cần { $existing }

## campaign-lifecycle
campaign-lifecycle-code = mã
campaign-lifecycle-days = thời gian
campaign-lifecycle-steps-from-here = bước tiếp

## database-connection
database-connection-line-database-leaves-machine = đường đến cơ sở dữ liệu ra khỏi máy này mà không kiểm tra ai trả lời: ai ở giữa cũng đọc và sửa được
database-connection-add-sslmode-verify-full = thêm sslmode=verify-full&sslrootcert=TỆP vào database.url; xem OPERATIONS.vi.md
database-connection-use-thidua-built-features = dùng bản thidua dựng với --features postgres-tls cùng sslmode=verify-full, hoặc một đường hầm trên máy này; xem OPERATIONS.vi.md
database-connection-database-replica-url-goes = database.replica_url chỉ dùng khi cả hai là PostgreSQL (postgres://...); hãy bỏ khóa đó hoặc sửa địa chỉ

## doctor
doctor-something-must-done-now = có việc phải làm ngay, xem ở trên
doctor-run-thidua-migrate = chạy: thidua migrate
doctor-older-schema-missing = lược đồ cũ, thiếu: { $list }
doctor-another-machine-replaced-one = máy khác đã thay máy này. Việc chỉ làm tại bàn ở đây sau bản sao cuối: { $list }
doctor-end-server-do-these = dừng máy này; làm lại các việc trên ở máy chính; muốn dùng làm máy dự phòng thì khôi phục từ bản sao của máy chính
doctor-clock-stands-before-last = đồng hồ máy chủ chạy lùi so với lần ghi cuối
doctor-set-clock-right-ntp = chỉnh lại đồng hồ (NTP)
doctor-set-backup-second-then = đặt backup.second rồi chạy: thidua backup
doctor-no-backup-second-place = CHƯA CÓ SAO LƯU ở nơi thứ hai
doctor-run-thidua-backup-see = chạy: thidua backup, và xem vì sao việc đêm không chạy
doctor-no-backup = CHƯA CÓ SAO LƯU trong { $shown }
doctor-newest-copy-days-old = bản sao mới nhất đã { $days } ngày
doctor-set-up-synchronous-replica = dựng bản sao đồng bộ (Patroni), hoặc lưu trữ WAL; xem OPERATIONS.vi.md
doctor-no-replica-synchronous-failover = không bản sao nào đồng bộ: chuyển máy có thể mất những lệnh mới nhất cho đến khi điện thoại gửi lại
doctor-turn-synchronous-mode-patroni = bật synchronous_mode của Patroni
doctor-job-slot = việc { $name }, lần { $at }: { $state } { $why }
doctor-see-thidua-jobs-history = xem thidua jobs history, rồi chạy: thidua jobs run TÊN
doctor-end-server-restore-whole = dừng máy chủ và khôi phục từ bản sao nguyên vẹn: thidua restore
doctor-replica-cannot-reached-primary = không kết nối được bản sao chỉ đọc, máy chính làm hết: { $error }
doctor-look-replica-database-replica = xem bản sao và database.replica_url
doctor-look-tls-thidua-toml = xem lại [tls] trong thidua.toml, hoặc làm chứng thư mới: thidua tls init
doctor-everything-well = mọi thứ đều ổn
doctor-do-first =
    { "" }
    Việc cần làm trước:

## error
error-warning = cảnh báo:{ " " }
error-machine-gives-no-random = máy không cho số ngẫu nhiên; hãy thử lại
error-there-no-data-yet = chưa có dữ liệu trong { $dir }; hãy chạy: thidua init --data { $dir }
error-cannot-read-write-look = không đọc hoặc ghi được { $path }: { $error }; hãy xem lại đường dẫn và quyền
error-database-url-asks-tls = database.url đòi TLS (sslmode) nhưng chương trình này không có TLS đến PostgreSQL; hãy dùng bản dựng với --features postgres-tls (scripts/package dựng như vậy), hoặc bỏ sslmode và dẫn đường đó qua một đường hầm trên máy này
error-database-answers-does-not = cơ sở dữ liệu trả lời nhưng không chứng minh được là đúng máy, hoặc một bên không nhận đường này ({ $text }); hãy xem tên máy, sslmode và sslrootcert trong database.url, chứng thư và pg_hba.conf của PostgreSQL
error-database-pre-release-line = cơ sở dữ liệu thuộc dòng trước phát hành (lược đồ { $found }), chương trình này không đọc và không nâng cấp được; không có gì bị thay đổi: hãy giữ lại tệp, dùng chương trình cũ để xem, và tạo cơ sở dữ liệu mới bằng thidua init
error-database-schema-program-knows = cơ sở dữ liệu có lược đồ { $found }, chương trình này chỉ biết đến { $supported }; hãy dùng phiên bản thidua biết lược đồ { $found }
error-file-mistakes-nothing-written = tệp có lỗi, chưa ghi gì; hãy sửa các chỗ sau rồi chạy lại
error-caller-not-known-enrol = không rõ người gọi là ai; hãy ghi danh lại thiết bị
error-device-revoked-ask-new = thiết bị đã bị thu hồi; hãy xin mã ghi danh mới
error-another-server-runs-job = một máy chủ khác đang chạy việc này, chưa ghi gì; hãy xem: thidua jobs history
error-database-busy-cannot-reached = cơ sở dữ liệu đang bận hoặc không kết nối được ({ $text }); hãy thử lại
error-database-cannot-written-look = không ghi được cơ sở dữ liệu ({ $text }); hãy xem dung lượng và quyền ghi
error-file-cannot-read-written = không đọc hoặc ghi được tệp ({ $text }); hãy xem đường dẫn và quyền
error-database-schema-older-program = lược đồ cơ sở dữ liệu cũ hơn chương trình (cần: { $pending }); sao lưu rồi chạy thidua migrate
error-another-server-replaced-one = máy chủ này đã được máy khác thay thế, không ghi gì nữa; chạy thidua doctor để biết phải làm gì
error-stored-data-damaged-restore = dữ liệu lưu bị hỏng: { $text }; hãy khôi phục từ bản sao lưu
error-database-trouble-see-docs = lỗi cơ sở dữ liệu: { $text }; xem docs/STATUS.md hoặc báo lại kèm dòng này
error-configuration-wrong = cấu hình sai: { $error }

## field
field-commands-sent-records-received = gửi { $sent } lệnh, nhận { $rows } bản ghi, { $bytes } B
field-refused = bị từ chối
field-everything = tất cả
field-nothing-differs = không có gì thay đổi
field-report = báo cáo
field-from = từ
field-to = đến
field-due = hạn
field-status = trạng thái
field-form = biểu mẫu
field-expected-element-figure-element = "{ $text }": cần PHẦN_TỬ=SỐ, PHẦN_TỬ=nil hoặc PHẦN_TỬ=missing:see_note
field-waiting-sent-without-answer = chờ gửi { $waiting }, đã gửi chưa trả lời { $sent }, bị từ chối { $refused }

## files
files-larger-64-mib-split = { $shown } lớn hơn 64 MiB; hãy tách thành nhiều tệp
files-not-utf-8-excel = { $shown } không phải UTF-8; trong Excel hãy lưu dạng "CSV UTF-8"

## fleet
fleet-name = tên
fleet-devices = thiết bị
fleet-last-contact = liên lạc
fleet-waiting = chờ xử lý

## healthcheck
healthcheck-see-log-thidua-serve = { $address }: { $error }; xem nhật ký của thidua serve

## init
init-holds-already-choose-another = { $shown } đã có { $config }; chọn thư mục khác, hoặc xin mã mới: thidua access enrol --account admin
init-made = đã tạo
init-first-administrator-enrolment-code = mã ghi danh của quản trị viên đầu tiên, chỉ in một lần này:

## invite
invite-qr-text = mã QR (chữ):{ "   " }
invite-typed-code = mã gõ tay:{ "     " }
invite-addresses = địa chỉ:{ "       " }
invite-ca-sha-256 = SHA-256 của CA:

## jobs
jobs-job = việc
jobs-daily = hằng ngày
jobs-last = lần cuối
jobs-there-no-job-there = không có việc { $name }; có: { $names }
jobs-full-goes-aggregate-only = --full chỉ dùng với aggregate
jobs-running = đang chạy
jobs-slot-done-before = lượt này đã chạy xong trước đó
jobs-another-process-runs-now = việc { $name } đang chạy ở tiến trình khác; hãy đợi rồi xem: thidua jobs history
jobs-campaigns-same-byte-from = phong trào trùng từng byte với báo cáo gốc
jobs-job-not-running-see = việc { $name } không đang chạy; xem: thidua jobs history { $name }
jobs-cancelled-nothing-published = đã hủy, không công bố gì
jobs-state = kết quả
jobs-seconds = giây
jobs-message = nội dung

## live-standings
live-standings-target = chỉ tiêu
live-standings-accepted = đã duyệt
live-standings-value = giá trị
live-standings-if-all-accepted = nếu duyệt hết
live-standings-right-half-provisional-published = cột phải là tạm tính, không ai công bố; kết quả chính thức là của đêm

## lookup
lookup-there-no-unit-codes = không có đơn vị { $code }; mã là cột uid trong units.csv
lookup-name-campaign-code-there = hãy cho mã của một phong trào; hiện có: { $codes }

## morning-report
morning-report-campaign-no-phase = phong trào { $code } không có đợt { $phase }
morning-report-wrote =
    đã ghi { $page }
    { "       " }{ $book }
morning-report-could-not-written-name = không ghi được { $path }: { $error }; chọn thư mục khác bằng --out

## org
org-units = đơn vị
org-new = mới
org-changed = thay đổi
org-records-written = số bản ghi đã ghi:

## output
output-error = lỗi

## pending-decisions
pending-decisions-proposal = đề nghị
pending-decisions-cells = ô
pending-decisions-reason = lý do
pending-decisions-held = lệnh
pending-decisions-why = lý do giữ
pending-decisions-refused = không áp dụng vì

## phone
phone-note = ghi chú
phone-question = bị hỏi

## rehearse
rehearse-files-change-nothing = các tệp không có thay đổi nào vào ngày { $on }
rehearse-rehearsal-does-not-reconcile = diễn tập không khớp; sửa các điểm đã nêu rồi diễn tập lại
rehearse-files-change-nothing-after = các tệp không có thay đổi nào sau ngày { $today }; hãy thêm --on NGÀY
rehearse-before-files-differ-from = trước ngày { $on } các tệp khác cơ sở dữ liệu ở { $differing } đơn vị; hãy so lại trước khi nạp

## relocate
relocate-moving-checking-each-table = đang chuyển và kiểm tra từng bảng…
relocate-next-set-database-url = tiếp theo: đặt database.url trong thidua.toml thành nơi mới, rồi chạy thidua serve

## remind
remind-contract = biểu
remind-first-day = từ ngày
remind-last-day = đến ngày
remind-due = hạn gửi

## report
report-there-no-report = không có báo cáo { $report }
report-written = đã ghi
report-reports-commands = { $count } báo cáo, { $steps } lệnh; { $tail }
report-there-no-reporting-contract = không có hợp đồng báo cáo { $contract }; có: { $codes }

## review
review-there-no-such-report-2 = không có báo cáo này trên máy; hãy đồng bộ: thidua field sync
review-contract = hợp đồng
review-look = cần xem
review-nil-reports-nothing-look = { $clean } báo cáo không phát sinh, không có gì phải xem: thidua review accept --clean-nil
review-commented = có trao đổi
review-changed-after-sent = đã sửa sau khi gửi
review-late = gửi chậm
review-note = có ghi chú
review-there-no-such-report = không có báo cáo nào như vậy
review-reports = { $numbers } báo cáo
review-sent = đã gửi
review-waits-sent = đang chờ gửi
review-command = lệnh

## runs
runs-there-no-run-see = không có lần tổng hợp { $number }; xem: thidua runs list
runs-run = lần
runs-published = công bố
runs-cut = đến vị trí
runs-version = phiên bản
runs-differs = KHÔNG KHỚP
runs-raw-reports = báo cáo gốc
runs-input = đầu vào :
runs-standings = kết quả :
runs-computed-again-run-not = tính lại không ra kết quả đã công bố: dữ liệu gốc đã bị sửa, hoặc chương trình tính khác; chạy thidua doctor --full
runs-definitions-changed-organisation-forms = định nghĩa đã đổi (tổ chức, biểu mẫu hoặc phong trào)
runs-baselines-changed = số liệu kỳ gốc đã đổi
runs-standings-differ = kết quả khác:
runs-reports-changed-between-two = báo cáo đã đổi giữa hai lần:

## score
score-plan = kế hoạch chấm điểm: { $bad }
score-numbers-too-large = số quá lớn để tính chính xác
score-not-applicable-weight-shared = không áp dụng, đã chia trọng số
score-waiting-figures = chờ số liệu
score-provisional = tạm tính
score-order-codes-not-ranking = Theo thứ tự mã; đây không phải là xếp hạng. Tham gia thi đua là tự nguyện.

## serve
serve-listen-address-expected-address = listen.address = { $given }: cần địa chỉ và cổng, như 0.0.0.0:8443
serve-plaintext-not-served-take = không nhận kết nối không mã hóa ở { $address }; bỏ listen.plaintext, hoặc thêm --insecure-plaintext khi có proxy TLS phía trước
serve-serving = đang phục vụ
serve-server-failed = máy chủ dừng vì lỗi: { $error }
serve-tls-client-auth-asks = tls.client_auth đòi chứng thư nhưng tls.client_ca để trống; hãy ghi tệp chứng thư của cơ quan cấp
serve-cannot-listen-port-may = không mở được { $address }: { $error }; cổng có thể đang bận, hãy đổi { $key }

## standing-drilldown
standing-drilldown-there-no-target-unit = không có chỉ tiêu { $code } ở đơn vị này; xem: thidua standings
standing-drilldown-whole-campaign = cả phong trào
standing-drilldown-phase = đợt
standing-drilldown-now-same-time-last = { "  " }{ $element } { $name }: nay { $now }, cùng kỳ { $before }, cả kỳ gốc { $full }
standing-drilldown-unit-code-as-accepted = theo mã đơn vị, tính đến mốc { $cut }: đã duyệt { $accepted }, chờ duyệt { $waiting }, thiếu { $missing }, ngoài tầm nhìn { $hidden }; (trong ngoặc): không cộng vào
standing-drilldown-missing = THIẾU
standing-drilldown-waiting = chờ duyệt
standing-drilldown-late = , chậm

## standing-format
standing-format-reports-expected-received-nil = báo cáo: cần { $expected }, nhận { $received } (không phát sinh { $nil }), chậm { $late }, đã duyệt { $accepted }, thiếu { $missing }; thiếu không phải là 0

## standings
standings-there-no-view-expected = không có góc nhìn { $text }; cần { $known }
standings-campaign-no-standings-yet = phong trào { $code } chưa có kết quả; hãy chạy: thidua jobs run aggregate
standings-last-year = năm trước
standings-now = nay
standings-limit = giới hạn
standings-because = vì
standings-running = đang diễn ra
standings-over-figures-preliminary = đã hết hạn, số liệu sơ bộ
standings-final = chính thức
standings-view = góc nhìn

## target
target-nothing-given-put-one = không có dữ liệu vào; hãy đưa mỗi dòng một đối tượng JSON
target-line-not-json = dòng { $line }: không đọc được JSON: { $why }

## input
input-target-text = văn bản chỉ tiêu
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
telemetry-telemetry-ca-cannot-used = telemetry.ca không dùng được: { $error }; hãy ghi tệp PEM khác, hoặc để trống telemetry.otlp

## tls
audit-proof-keep = giữ cả hai tệp làm bằng chứng và hỏi cơ quan ký
backup-done = đã sao lưu và kiểm tra: { $path } (đến vị trí { $seq }, { $rows } dòng nhật ký)
backup-whole = nguyên vẹn: lịch sử { $epoch }, đến vị trí { $seq }, { $rows } dòng nhật ký, { $scopes } phạm vi
backup-restored = đã khôi phục đến vị trí { $seq }; lịch sử mới số { $number }. Điện thoại sẽ tự gửi lại phần đã mất.
backup-promoted = máy này là máy chính từ lịch sử { $number }, bản sao đến vị trí { $seq }; máy cũ sẽ thôi ghi khi gặp điện thoại
baseline-written = đã ghi { $written } số liệu mới, { $same } số liệu đã có như vậy
doctor-damaged = dữ liệu hỏng: { $fault }
error-tls = chứng thư: { $error }
error-keys = khóa của máy chủ: { $error }
invite-good-once = dùng một lần, trong { $minutes } phút, đến { $expires }
morning-report-no-workbook = không ghi được bảng tính: { $error }
error-with-detail = { $text } ({ $detail })
relocate-moved = đã chuyển { $rows } dòng của { $tables } bảng, đến vị trí { $seq }; chuỗi nhật ký và mã băm khớp. Nơi cũ không ghi nữa.
serve-log = nhật ký: { $error }
telemetry-telemetry-otlp = telemetry.otlp = { $given }: cần http://MÁY:CỔNG hoặc https://MÁY:CỔNG, như http://127.0.0.1:4317
telemetry-telemetry-otlp-add-insecure = telemetry.otlp = { $given }: không gửi không mã hóa ra ngoài máy này; hãy dùng https://, hoặc thêm --insecure-plaintext khi đường truyền đã được bảo vệ
tls-restart-server-from-then = Khởi động lại máy chủ: từ đó điện thoại biết CA kế tiếp sau mỗi lần đồng bộ. Sau 90 ngày: thidua tls roll-over --finish
tls-next-ca-announced-days = CA kế tiếp mới được báo { $days } ngày; điện thoại chưa đồng bộ sẽ mất liên lạc. Đợi đủ { $wait } ngày, hoặc --early
tls-no-next-ca-announced = chưa có CA kế tiếp; hãy chạy: thidua tls roll-over
tls-restart-server-take-ca = Khởi động lại máy chủ. Xóa tệp CA cũ sau 90 ngày:
tls-restart-server-use-new = khởi động lại máy chủ để dùng chứng thư mới
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
