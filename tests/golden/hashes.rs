//! Bytes that are hashed, signed or sealed, and what comes of them.
//!
//! Signatures hold random numbers, so they are not made here: texts that a key signed once are
//! kept, and have to be taken still.

use crate::page::Page;
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use thidua::auth::{
    Authority, NoteKey, Pool, Revocations, check_enrolment, check_renewal, derived, hash, key_id, nonce_expires,
    service_key, token, verify,
};
use thidua::domain::audit::check::check;
use thidua::domain::audit::merkle::{consistency, inclusion, leaf, root};
use thidua::domain::audit::paper::{Checkpoint, Paper};
use thidua::domain::cell::{CellValue, Change, ElementNo, MissingReason};
use thidua::domain::command::{Body, Command, Save, SaveNote};
use thidua::domain::digest::{Digest, record_hash};
use thidua::domain::enrolment::{Code, Invite, enrol_proof, renew_proof};
use thidua::domain::hex::{hex, unhex};
use thidua::domain::ids::{
    AccountId, CommentId, ConflictId, ContractId, DeviceId, HeldId, ProposalId, ReportId, UnitId,
};
use thidua::domain::period::Period;
use thidua::domain::permission::Role;
use thidua::domain::report::{ContentHash, Question, Report, ReportKey};
use thidua::domain::time::Instant;
use thidua::sync::Seal;
use thidua::sync::cursor::{Cursor, Position};
use thidua::wire::access::{Certificate, Receipt, certificate, receipt};

const ABOUT: &str = "Bytes that are hashed, signed or sealed, and what comes of them, in hexadecimal digits. A changed
line makes digests differ, signatures fail and cursors unreadable. Made by
tests/golden/hashes.rs.";

/// A key of nobody (PKCS#8), made for this test, and what it signed when the test was written.
const KEY: &str = include_str!("signed/key.hex");
const ENROLMENT: &str = include_str!("signed/enrolment.hex");
const RENEWAL: &str = include_str!("signed/renewal.hex");
const CHECKPOINT: &str = include_str!("signed/checkpoint.txt");
const INCLUSION: &str = include_str!("signed/inclusion.txt");
const CONSISTENCY: &str = include_str!("signed/consistency.txt");
const REVOKED: &str = include_str!("signed/revoked.log");

const NOW: Instant = Instant(1_724_000_000_000_000);
const DEVICE: DeviceId = DeviceId([4; 16]);

fn bytes(text: &str) -> Vec<u8> {
    unhex(text.trim()).unwrap()
}

fn authority() -> Authority {
    Authority::from_pkcs8(&bytes(KEY)).unwrap()
}

fn code() -> Code {
    Code::new(*b"0123456789abcdef")
}

fn key() -> ReportKey {
    let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
    ReportKey { contract: ContractId::named("tuan-xa"), unit: UnitId::named("com-29242-1"), period }
}

fn report(cells: &[(u32, CellValue)], note: &str) -> Report {
    let cells: BTreeMap<_, _> = cells.iter().map(|(no, cell)| (ElementNo(*no), *cell)).collect();
    Report { cells, note: note.to_owned(), ..Report::draft(key(), UnitId::named("com-29242-1")) }
}

fn contents(page: &mut Page) {
    page.section("content of a report, what a reviewer says yes to");
    let of = |cells: &[(u32, CellValue)], note: &str| hex(&report(cells, note).content_hash().0);
    page.item("empty", of(&[], ""));
    page.item("figure 7", of(&[(1, CellValue::Reported(7))], ""));
    page.item("figure -7", of(&[(1, CellValue::Reported(-7))], ""));
    page.item("nil", of(&[(1, CellValue::Nil)], ""));
    page.item("missing, awaiting its source", of(&[(1, CellValue::Missing(MissingReason::AwaitingSource))], ""));
    page.item("missing, not counted", of(&[(1, CellValue::Missing(MissingReason::NotCounted))], ""));
    page.item("missing, see the note", of(&[(1, CellValue::Missing(MissingReason::SeeNote))], ""));
    page.item("two cells and a note", of(&[(1, CellValue::Nil), (2, CellValue::Reported(5))], "ghi chú"));
    page.section("digest of a scope");
    let [one, other] = [record_hash(&[7; 16], 1, b"bytes"), record_hash(&[8; 16], 2, b"")];
    page.item("record: id 07.., revision 1, `bytes`", format!("{one:032x}"));
    page.item("record: id 08.., revision 2, no bytes", format!("{other:032x}"));
    let mut digest = Digest::default();
    digest.add(one);
    digest.add(other);
    page.item("both", format!("{} {:032x}", digest.count, digest.sum));
}

fn bodies() -> Vec<(&'static str, Body)> {
    let (report, unit, seen) = (ReportId([1; 16]), UnitId([2; 16]), ContentHash([3; 32]));
    let change = |element, mine, base| Change { element: ElementNo(element), mine, base };
    let save = Save {
        key: key(),
        acting_unit: unit,
        changes: vec![
            change(1, Some(CellValue::Reported(7)), None),
            change(2, None, Some(CellValue::Nil)),
            change(3, Some(CellValue::Missing(MissingReason::SeeNote)), Some(CellValue::Reported(-1))),
        ],
        note: Some(SaveNote { mine: "mới".into(), base: "cũ".into() }),
        base_revision: 4,
    };
    let question = Question { code: "CHECK_FIGURE".into(), text: "xem lại".into() };
    vec![
        ("save", Body::Save(save.clone())),
        ("submit", Body::Submit { report, acting_unit: unit }),
        ("return", Body::Return { report, seen, question }),
        ("accept", Body::Accept { report, seen }),
        ("comment", Body::Comment { report, comment: CommentId([5; 16]), text: "ý kiến".into() }),
        ("settle a conflict", Body::Settle { conflict: ConflictId([6; 16]), take_branch: true }),
        ("settle a held command", Body::SettleHeld { held: HeldId([7; 16]), apply: true }),
        ("propose", Body::Propose { save, reason: "lý do".into() }),
        ("settle a proposal", Body::SettleProposal { proposal: ProposalId([8; 16]), seen, grant: true }),
    ]
}

fn commands(page: &mut Page) {
    page.section("bytes of commands, number 9, as an outbox keeps and hashes them");
    for (name, body) in bodies() {
        let command = Command { captured_at: Some(NOW), sync_mark: vec![9], body };
        page.item(name, hex(&thidua::wire::command::encode(9, &command)));
    }
}

fn papers(page: &mut Page) {
    page.section("tree of the audit, over the lines `one`, `two`, `three`");
    let leaves = [leaf(b"one"), leaf(b"two"), leaf(b"three")];
    leaves.iter().for_each(|leaf| page.item("leaf", hex(leaf)));
    page.item("root of none", hex(&root(&[])));
    page.item("root of three", hex(&root(&leaves)));
    let path = |path: Option<Vec<[u8; 32]>>| path.unwrap().iter().map(|hash| hex(hash)).collect::<Vec<_>>().join(" ");
    page.item("line 2 stands in it", path(inclusion(&leaves, 1)));
    page.item("it begins with line 1", path(consistency(&leaves, 1)));
    page.section("papers of the audit");
    let ours = NoteKey::of(&authority());
    page.item("key of the notes", &ours);
    let checkpoint = Checkpoint { origin: ours.name(), size: 3, root: root(&leaves) };
    page.item("what a checkpoint signs", checkpoint.text().escape_default());
    let papers = [CHECKPOINT, INCLUSION, CONSISTENCY].map(|text| Paper::read(text).unwrap());
    for (paper, text) in papers.iter().zip([CHECKPOINT, INCLUSION, CONSISTENCY]) {
        ours.check(paper.signed()).unwrap();
        assert_eq!(paper.to_string(), text, "a paper is printed as it was");
        page.item("a paper that was signed once", hex(&Sha256::digest(text)));
    }
    assert_eq!(check(&papers).unwrap().size, 3);
}

fn doors(page: &mut Page) {
    page.section("what a device signs, and what an invitation says");
    let authority = authority();
    let public = authority.public_key();
    page.item("symbols of a code", code().symbols());
    page.item("code for people", code());
    page.item("to enrol", enrol_proof(&code(), b"public key").escape_ascii());
    page.item("to renew", hex(&renew_proof(DEVICE, b"nonce")));
    check_enrolment(&code(), public, &bytes(ENROLMENT)).unwrap();
    check_renewal(DEVICE, public, b"nonce", &bytes(RENEWAL)).unwrap();
    let addresses = vec!["https://10.0.0.2:8443".to_owned(), "https://[::1]:1".to_owned()];
    let invite = Invite { code: code(), ca_sha256: [0xab; 32], addresses };
    assert_eq!(Invite::parse(&invite.to_string()), Ok(invite.clone()));
    page.item("invitation", &invite);
    page.section("what the authority signs");
    page.item("name of the authority, the hash of its key", hex(&authority.id()));
    let vouched = Certificate {
        authority: [1; 32],
        device: DEVICE,
        account: AccountId([5; 16]),
        unit: UnitId([6; 16]),
        public_key: vec![4; 65],
        issued: NOW,
        roles: Role::ALL.to_vec(),
    };
    page.item("certificate of a device", hex(&certificate(&vouched)));
    let taken = Receipt {
        authority: [1; 32],
        epoch: (2, [3; 16]),
        device: DEVICE,
        taken: 5,
        outcomes: [6; 32].to_vec(),
        seq: 7,
        now: NOW,
    };
    page.item("receipt for commands", hex(&receipt(&taken)));
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("revoked.log"), REVOKED).unwrap();
    let revoked = Revocations::open(home.path(), &authority).unwrap();
    assert!(revoked.has(DEVICE), "a line of the revocation log that was signed once is taken");
    assert!(verify(public, b"another", &bytes(RENEWAL)).is_err());
}

fn secrets(page: &mut Page) {
    page.section("secrets: what is stored and derived");
    page.item("hash of `secret`", hex(&hash(b"secret")));
    page.item("derived from `secret` and two parts", hex(&derived(b"secret", &[b"one", b"two"])));
    page.item("code of an enrolment asked for", hex(&derived(b"secret", &[b"enrolment code", &[5; 16], &[6; 16]])));
    let mut nonce = NOW.plus_micros(60_000_000).0.to_be_bytes().to_vec();
    nonce.extend([7; 8]);
    nonce.extend(derived(b"secret", &[b"renewal nonce", &DEVICE.0, &nonce]));
    assert_eq!(nonce_expires(b"secret", DEVICE, &nonce, NOW), Some(NOW.plus_micros(60_000_000)));
    page.item("a nonce that is known again", hex(&nonce));
    page.item("tokens begin with", &token().unwrap().0.reveal()[..4]);
    let (id, key, _) = service_key().unwrap();
    assert_eq!(key_id(key.reveal()), Some(id));
    page.item("keys of partners begin with", &key.reveal()[..4]);
    page.item("method of passwords", Pool::default().hash("a sentence that is long").unwrap().method);
    page.section("seals of cursors and marks");
    let seal = Seal::new(b"secret");
    let position = Position { scope: 7, generation: 2, seq: 1234, whole_at: 99 };
    let cursor = Cursor { epoch: 3, commit: (1200, [9; 8]), scopes: vec![position, Position::default()] };
    let sealed = seal.cursor(DEVICE, &cursor);
    assert_eq!(seal.open_cursor(DEVICE, &sealed), Some(cursor));
    page.item("cursor", hex(&sealed));
    page.item("mark", hex(&seal.mark(DEVICE, NOW)));
    page.item("id of a history", hex(&seal.history(&[1; 32], NOW)));
}

#[test]
fn what_is_hashed_signed_and_sealed_is_the_same_to_the_byte() {
    let mut page = Page::new("hashes.txt", ABOUT);
    contents(&mut page);
    commands(&mut page);
    papers(&mut page);
    doors(&mut page);
    secrets(&mut page);
    page.hold();
}

/// How the texts of `signed/` were made. They are kept: made anew they would prove nothing about
/// papers of today.
#[test]
#[ignore = "writes the files in tests/golden/signed, which stay as they are"]
fn signed_once() {
    assert!(KEY.is_empty(), "tests/golden/signed is kept; empty its files first");
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/signed");
    std::fs::create_dir_all(dir).unwrap();
    let keep = |file: &str, text: String| std::fs::write(format!("{dir}/{file}"), text).unwrap();
    let pkcs8 = Authority::generate().unwrap();
    let authority = Authority::from_pkcs8(&pkcs8).unwrap();
    let leaves = [leaf(b"one"), leaf(b"two"), leaf(b"three")];
    let three = authority.sign_checkpoint(3, root(&leaves)).unwrap();
    let one = authority.sign_checkpoint(1, leaves[0]).unwrap();
    let path = inclusion(&leaves, 1).unwrap();
    let within = Paper::Inclusion { line: b"two".to_vec(), index: 1, path, within: three.clone() };
    let grown = Paper::Consistency { old: 1, path: consistency(&leaves, 1).unwrap(), to: three };
    keep("key.hex", hex(&pkcs8) + "\n");
    keep("enrolment.hex", hex(&authority.sign(&enrol_proof(&code(), authority.public_key())).unwrap()) + "\n");
    keep("renewal.hex", hex(&authority.sign(&renew_proof(DEVICE, b"nonce")).unwrap()) + "\n");
    keep("checkpoint.txt", Paper::Checkpoint(one).to_string());
    keep("inclusion.txt", within.to_string());
    keep("consistency.txt", grown.to_string());
    Revocations::open(dir.as_ref(), &authority).unwrap().add(DEVICE, NOW, &authority).unwrap();
}
