//! The configuration file that `thidua init` writes: every key with its default and its purpose, in
//! both languages.

/// The text of a new `thidua.toml`.
#[must_use]
pub fn template() -> &'static str {
    TEMPLATE
}

const TEMPLATE: &str = r#"# Cấu hình của thidua. Mỗi khóa có thể đặt bằng biến môi trường, ví dụ THIDUA_LISTEN_ADDRESS, hoặc --set listen.address=...
# Configuration of thidua. Each key can be set by the environment, as THIDUA_LISTEN_ADDRESS, or by --set listen.address=...
# Khóa lạ bị từ chối. Đường dẫn tương đối tính từ thư mục này.
# Unknown keys are refused. Relative paths are meant from this directory.

[listen]
# Địa chỉ và cổng của máy chủ. 0.0.0.0:8443 để nhận mọi điện thoại trong mạng.
# Address and port. 0.0.0.0:8443 takes every phone of the network.
address = "127.0.0.1:8443"
# Địa chỉ mà điện thoại nhìn thấy, ghi trong mã ghi danh; trống: theo address.
# Addresses as phones see them, carried by enrolment codes; empty: as address.
public = []
# Chỉ dùng sau một proxy trên cùng máy.
# Only behind a proxy on the same machine.
plaintext = false
# gRPC reflection: ai cũng đọc được danh sách dịch vụ, không cần đăng nhập. Chỉ bật khi lập trình, thử nghiệm.
# gRPC reflection: anybody reads the list of services without a token. On only for development and tests.
reflection = false

[database]
# SQLite (một tệp) hoặc postgres://user:password@host/name; máy khác: thêm ?sslmode=verify-full&sslrootcert=TỆP. Không bao giờ được in ra.
# SQLite (one file) or postgres://user:password@host/name; elsewhere: add ?sslmode=verify-full&sslrootcert=FILE. Never printed.
url = "sqlite:thidua.db"
# Bản sao chỉ đọc của PostgreSQL đó, để đỡ tải lúc điện thoại đồng bộ lần đầu hoặc sau khi vắng lâu; trống: không dùng.
# A hot standby of that PostgreSQL, which takes over much of first syncs and long catch-ups; empty: none.
replica_url = ""

[tls]
# Nơi có ca.pem, ca.key, server.pem, server.key.
# Where ca.pem, ca.key, server.pem, server.key lie.
dir = "tls"
# Tên và địa chỉ trong chứng thư máy chủ; đổi rồi chạy: thidua tls init
# Names and addresses in the server's certificate; after a change run: thidua tls init
names = ["localhost", "127.0.0.1", "::1"]
allow_tls12 = false
# Chứng thư của hệ thống khác (mTLS): none | optional | required. Máy có điện thoại gọi đến thì không dùng required.
# Certificates of other systems (mTLS): none | optional | required. A server that phones call does not say required.
client_auth = "none"
client_ca = ""
client_crl = ""

[limits]
connections = 20000
connections_per_address = 2000
handshake_seconds = 10
calls_per_minute = 600
# Số lần sai mật khẩu hoặc mã mỗi phút từ một địa chỉ. 0: không giới hạn, khi mọi người đến qua một proxy.
# Wrong passwords or codes a minute from one address. 0: no limit, when all callers come through a proxy.
failures_per_address = 60
# Điện thoại không liên lạc quá số ngày này thì tạm khóa dữ liệu đến lần đồng bộ sau.
# A phone without contact for so many days hides what it holds until its next sync.
offline_lease_days = 14

[jobs]
# Tiến trình này chạy các việc định kỳ (việc đêm lúc 01:30).
# This process runs the jobs that are due (the night at 01:30).
enabled = true
# Sau bấy nhiêu giây, máy khác được làm tiếp việc mà máy này chưa làm xong.
# After so many seconds another process may take over a job that this one has not ended.
lease_seconds = 600

[log]
# Ví dụ / as in: "info,thidua::sync=debug". Đổi khi đang chạy: sửa rồi gửi SIGHUP. / While it runs: change it, then send SIGHUP.
filter = "info,tokio_cron_scheduler=warn"
# text | json
format = "text"

[backup]
# Nơi đặt các bản sao đã kiểm tra (SQLite). PostgreSQL có công cụ riêng.
# Where verified copies are made (SQLite). PostgreSQL has tools of its own.
dir = "backups"
# Nơi thứ hai, BẮT BUỘC: thư mục của máy khác hoặc đĩa khác. Trống: mỗi lần khởi động sẽ báo CHƯA CÓ SAO LƯU.
# The second place, REQUIRED: a directory of another machine or disk. Empty: each start says NO BACKUP.
second = ""
keep = 14
# Ngoài bản hằng đêm; 0: không. Máy dự phòng cần khoảng 5 phút.
# Besides the nightly one; 0: none. A second machine that stands by wants about 5.
every_minutes = 0

[metrics]
# Số đo cho Prometheus, không mã hóa, không số liệu nghiệp vụ; trống: tắt. Ví dụ "127.0.0.1:9464".
# Metrics for Prometheus, in plain text, without any figure of a report; empty: off. As in "127.0.0.1:9464".
address = ""

[telemetry]
# Bộ thu OpenTelemetry (OTLP, gRPC); trống: tắt. Không có tài khoản, thiết bị, đơn vị hay số liệu nào được gửi đi.
# A collector of OpenTelemetry (OTLP over gRPC); empty: off. No account, device, unit or figure is sent.
# Ví dụ / as in: "http://127.0.0.1:4317"; ngoài máy này thì / beyond this machine "https://otel.tinh.vn:4317"
otlp = ""
# Tệp PEM của cơ quan cấp chứng thư cho bộ thu, khi dùng https.
# PEM file of the authority behind the collector's certificate, for https.
ca = ""
# Tên máy này; trống: tên ngẫu nhiên mỗi lần khởi động.
# Name of this node; empty: a random one at each start.
node = ""
# Theo dõi một cuộc gọi trong số này; 1: tất cả. Số đo thì luôn đếm đủ.
# One call in so many is followed; 1: each. Numbers count them all.
one_in = 1
"#;
