//! What an operator is told whose database is on another machine, while nobody makes sure who answers there. In both languages.
//!
//! Whether it is so is the store's to say.

use crate::store::SPEAKS_TLS;

/// What is wrong.
pub(super) const EXPOSED: [&str; 2] = [
    "đường đến cơ sở dữ liệu ra khỏi máy này mà không kiểm tra ai trả lời: ai ở giữa cũng đọc và sửa được",
    "the line to the database leaves this machine and nobody makes sure who answers: whoever is on the way can read and change it",
];

/// What to do about it, with this programme.
pub(super) const TODO: [&str; 2] = if SPEAKS_TLS {
    [
        "thêm sslmode=verify-full&sslrootcert=TỆP vào database.url; xem OPERATIONS.vi.md",
        "add sslmode=verify-full&sslrootcert=FILE to database.url; see OPERATIONS.md",
    ]
} else {
    [
        "dùng bản thidua dựng với --features postgres-tls cùng sslmode=verify-full, hoặc một đường hầm trên máy này; xem OPERATIONS.vi.md",
        "use a thidua built with --features postgres-tls and sslmode=verify-full, or a tunnel that begins on this machine; see OPERATIONS.md",
    ]
};
