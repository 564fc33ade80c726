//! What is data, compared with files in `tests/golden/`: every string and number that enters a
//! hash, an id, a signature, a stored row or the wire. Code may be renamed; the data may not
//! change. A difference means that existing databases, phones or proofs will be read differently.
//!
//! ```text
//!  ids.txt        derived ids
//!  hashes.txt     bytes that are hashed or signed
//!  words.txt      closed vocabularies, with their numbers
//!  outside.txt    commands, settings, metrics, rpcs
//!  literals.txt   string literals of the source that look like words
//!  life.txt       one small database from its import to a reform
//!  signed/        texts signed once that must still verify
//! ```
//!
//! `THIDUA_BLESS=1 cargo nextest run --locked --test golden` rewrites the files; read the
//! difference before committing it. Names of tables and columns are not checked here, and no test
//! here uses SQL.
#![allow(clippy::unwrap_used, reason = "a test that cannot make what it holds has failed")]
#![cfg(feature = "server")]

#[path = "golden/hashes.rs"]
mod hashes;
#[path = "golden/ids.rs"]
mod ids;
#[path = "golden/life.rs"]
mod life;
#[path = "golden/life_pages.rs"]
mod life_pages;
#[path = "golden/literals.rs"]
mod literals;
#[path = "golden/outside.rs"]
mod outside;
#[path = "golden/page.rs"]
mod page;
#[path = "common/pg.rs"]
mod pg;
#[path = "golden/words.rs"]
mod words;
#[allow(dead_code, reason = "shared with tests/promises, which needs more of it")]
#[path = "promises/world.rs"]
mod world;
