//! Bytes that are hashed or signed, and their hashes and signatures.
//!
//! Signatures contain random numbers, so they are not created here: texts that a key signed once
//! are stored and must still verify.

use crate::page::GoldenPage;
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use thidua::auth::{
    AuthorityKey, FactorSecrets, HashPriority, NoteVerifierKey, PasswordHashPool, RevocationLog,
    derive_mac, generate_access_token, generate_service_key, hash_secret, parse_service_key_id,
    verify_enrolment_proof, verify_renewal_nonce, verify_renewal_proof, verify_signature,
};
use thidua::domain::access::enrolment::{
    EnrolmentCode, Invite, enrolment_signing_input, renewal_signing_input,
};
use thidua::domain::access::permission::Role;
use thidua::domain::audit::audit_proof::{AuditCheckpoint, AuditProof};
use thidua::domain::audit::merkle::{
    build_consistency_proof, build_inclusion_proof, compute_root, hash_leaf,
};
use thidua::domain::audit::verify::verify_proofs;
use thidua::domain::report::cell::{CellChange, CellValue, ElementNumber, MissingReason};
use thidua::domain::report::command::{Command, CommandBody, ReportRules};
use thidua::domain::report::{
    ContentHash, NoteChange, Report, ReportKey, ReviewQuestion, SaveCells,
};
use thidua::domain::reporting::period::Period;
use thidua::domain::support::hex::{decode_hex, encode_hex};
use thidua::domain::support::ids::{
    AccountId, CommentId, ConflictId, ContractId, DeviceId, HeldCommandId, ProposalId, ReportId,
    UnitId,
};
use thidua::domain::support::scope_digest::{ScopeDigest, compute_state_digest, hash_record};
use thidua::domain::support::time::Timestamp;
use thidua::sync::CursorSigner;
use thidua::sync::cursor::{ScopePosition, SyncCursor};
use thidua::wire::access::{
    DeviceCertificateBody, ReceiptBody, encode_certificate, encode_receipt,
};

const ABOUT: &str = "Bytes that are hashed, signed or sealed, and what comes of them, in hexadecimal digits. A changed
line makes digests differ, signatures fail and cursors unreadable. Made by
tests/golden/hashes.rs.";

/// A test key (PKCS#8) and what it signed when the test was written.
const KEY: &str = include_str!("signed/key.hex");
const ENROLMENT: &str = include_str!("signed/enrolment.hex");
const RENEWAL: &str = include_str!("signed/renewal.hex");
const CHECKPOINT: &str = include_str!("signed/checkpoint.txt");
const INCLUSION: &str = include_str!("signed/inclusion.txt");
const CONSISTENCY: &str = include_str!("signed/consistency.txt");
const REVOKED: &str = include_str!("signed/revoked.log");

const NOW: Timestamp = Timestamp(1_724_000_000_000_000);
const DEVICE: DeviceId = DeviceId([4; 16]);

fn bytes(text: &str) -> Vec<u8> {
    decode_hex(text.trim()).unwrap()
}

fn authority() -> AuthorityKey {
    AuthorityKey::from_pkcs8(&bytes(KEY)).unwrap()
}

fn code() -> EnrolmentCode {
    EnrolmentCode::new(*b"0123456789abcdef")
}

fn key() -> ReportKey {
    let period = Period::new("week", date(2024, 8, 19), date(2024, 8, 26));
    ReportKey {
        contract: ContractId::from_code("tuan-xa"),
        unit: UnitId::from_code("com-29242-1"),
        period,
    }
}

fn report(cells: &[(u32, CellValue)], note: &str) -> Report {
    let cells: BTreeMap<_, _> =
        cells.iter().map(|(no, cell)| (ElementNumber(*no), *cell)).collect();
    Report {
        cells,
        note: note.to_owned(),
        ..Report::new_draft(key(), UnitId::from_code("com-29242-1"))
    }
}

fn contents(page: &mut GoldenPage) {
    page.section("content of a report, what a reviewer says yes to");
    let of =
        |cells: &[(u32, CellValue)], note: &str| encode_hex(&report(cells, note).content_hash().0);
    page.item("empty", of(&[], ""));
    page.item("figure 7", of(&[(1, CellValue::Reported(7))], ""));
    page.item("figure -7", of(&[(1, CellValue::Reported(-7))], ""));
    page.item("figure 7, carried", of(&[(1, CellValue::Carried(7))], ""));
    page.item("nil", of(&[(1, CellValue::Nil)], ""));
    page.item(
        "missing, awaiting its source",
        of(&[(1, CellValue::Missing(MissingReason::AwaitingSource))], ""),
    );
    page.item(
        "missing, not counted",
        of(&[(1, CellValue::Missing(MissingReason::NotCounted))], ""),
    );
    page.item("missing, see the note", of(&[(1, CellValue::Missing(MissingReason::SeeNote))], ""));
    page.item(
        "two cells and a note",
        of(&[(1, CellValue::Nil), (2, CellValue::Reported(5))], "ghi chú"),
    );
    page.section("digest of a scope");
    let [one, other] = [hash_record(&[7; 16], 1, b"bytes"), hash_record(&[8; 16], 2, b"")];
    page.item("record: id 07.., revision 1, `bytes`", format!("{one:032x}"));
    page.item("record: id 08.., revision 2, no bytes", format!("{other:032x}"));
    let mut digest = ScopeDigest::default();
    digest.add(one);
    digest.add(other);
    page.item("both", format!("{} {:032x}", digest.count, digest.sum));
    let scopes = [(2, [9; 16], digest), (1, [0; 16], ScopeDigest::default())];
    let state = compute_state_digest((3, [5; 16]), scopes);
    page.item("state: epoch 3 05.., reference empty, work 09.. both", encode_hex(&state));
}

fn bodies() -> Vec<(&'static str, CommandBody)> {
    let (report, unit, seen) = (ReportId([1; 16]), UnitId([2; 16]), ContentHash([3; 32]));
    let change = |element, mine, base| CellChange { element: ElementNumber(element), mine, base };
    let save = SaveCells {
        key: key(),
        acting_unit: unit,
        changes: vec![
            change(1, Some(CellValue::Reported(7)), None),
            change(2, None, Some(CellValue::Nil)),
            change(
                3,
                Some(CellValue::Missing(MissingReason::SeeNote)),
                Some(CellValue::Reported(-1)),
            ),
        ],
        note: Some(NoteChange { mine: "mới".into(), base: "cũ".into() }),
        base_revision: 4,
    };
    let question = ReviewQuestion { code: "CHECK_FIGURE".into(), text: "xem lại".into() };
    vec![
        ("save", CommandBody::SaveCells(save.clone())),
        ("submit", CommandBody::SubmitReport { report, acting_unit: unit, rules: ReportRules(0) }),
        ("submit, rules of version 1", CommandBody::submit(report, unit)),
        ("return", CommandBody::ReturnReport { report, content_hash: seen, question }),
        ("accept", CommandBody::AcceptReport { report, content_hash: seen }),
        (
            "comment",
            CommandBody::AddComment {
                report, comment: CommentId([5; 16]), text: "ý kiến".into()
            },
        ),
        (
            "settle a conflict",
            CommandBody::SettleConflict { conflict: ConflictId([6; 16]), take_branch: true },
        ),
        (
            "settle a held command",
            CommandBody::SettleHeld { held: HeldCommandId([7; 16]), apply: true },
        ),
        ("propose", CommandBody::ProposeAmendment { save, reason: "lý do".into() }),
        (
            "settle a proposal",
            CommandBody::SettleProposal {
                proposal: ProposalId([8; 16]),
                content_hash: seen,
                grant: true,
            },
        ),
    ]
}

fn commands(page: &mut GoldenPage) {
    page.section("bytes of commands, number 9, as an outbox keeps and hashes them");
    for (name, body) in bodies() {
        let command = Command { captured_at: Some(NOW), sync_mark: vec![9], body };
        page.item(name, encode_hex(&thidua::wire::command::encode_command(9, &command)));
    }
}

fn proofs(page: &mut GoldenPage) {
    page.section("tree of the audit, over the lines `one`, `two`, `three`");
    let leaves = [hash_leaf(b"one"), hash_leaf(b"two"), hash_leaf(b"three")];
    leaves.iter().for_each(|leaf| page.item("leaf", encode_hex(leaf)));
    page.item("root of none", encode_hex(&compute_root(&[])));
    page.item("root of three", encode_hex(&compute_root(&leaves)));
    let path = |path: Option<Vec<[u8; 32]>>| {
        path.unwrap().iter().map(|hash| encode_hex(hash)).collect::<Vec<_>>().join(" ")
    };
    page.item("line 2 stands in it", path(build_inclusion_proof(&leaves, 1)));
    page.item("it begins with line 1", path(build_consistency_proof(&leaves, 1)));
    page.section("papers of the audit");
    let verifier = NoteVerifierKey::from_authority(&authority());
    page.item("key of the notes", &verifier);
    let checkpoint =
        AuditCheckpoint { origin: verifier.name(), size: 3, root: compute_root(&leaves) };
    page.item("what a checkpoint signs", checkpoint.signed_text().escape_default());
    let proofs = [CHECKPOINT, INCLUSION, CONSISTENCY].map(|text| AuditProof::parse(text).unwrap());
    for (proof, text) in proofs.iter().zip([CHECKPOINT, INCLUSION, CONSISTENCY]) {
        verifier.verify_checkpoint(proof.signed_checkpoint()).unwrap();
        assert_eq!(proof.to_string(), text, "a paper is printed as it was");
        page.item("a paper that was signed once", encode_hex(&Sha256::digest(text)));
    }
    assert_eq!(verify_proofs(&proofs).unwrap().size, 3);
}

fn signing_inputs(page: &mut GoldenPage) {
    page.section("what a device signs, and what an invitation says");
    let authority = authority();
    let public = authority.public_key();
    page.item("symbols of a code", code().symbols());
    page.item("code for people", code());
    page.item("to enrol", enrolment_signing_input(&code(), b"public key").escape_ascii());
    page.item("to renew", encode_hex(&renewal_signing_input(DEVICE, b"nonce")));
    verify_enrolment_proof(&code(), public, &bytes(ENROLMENT)).unwrap();
    verify_renewal_proof(DEVICE, public, b"nonce", &bytes(RENEWAL)).unwrap();
    let addresses = vec!["https://10.0.0.2:8443".to_owned(), "https://[::1]:1".to_owned()];
    let invite = Invite { code: code(), ca_sha256: [0xab; 32], addresses };
    assert_eq!(Invite::parse(&invite.to_string()), Ok(invite.clone()));
    page.item("invitation", &invite);
    page.section("what the authority signs");
    page.item("name of the authority, the hash of its key", encode_hex(&authority.id()));
    let certificate = DeviceCertificateBody {
        authority: [1; 32],
        device: DEVICE,
        account: AccountId([5; 16]),
        unit: UnitId([6; 16]),
        public_key: vec![4; 65],
        issued_at: NOW,
        roles: Role::ALL.to_vec(),
    };
    page.item("certificate of a device", encode_hex(&encode_certificate(&certificate)));
    let receipt = ReceiptBody {
        authority: [1; 32],
        epoch: (2, [3; 16]),
        device: DEVICE,
        commands_taken: 5,
        outcome_chain: [6; 32].to_vec(),
        seq: 7,
        time: NOW,
    };
    page.item("receipt for commands", encode_hex(&encode_receipt(&receipt)));
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("revoked.log"), REVOKED).unwrap();
    let revoked = RevocationLog::open(home.path(), &authority).unwrap();
    assert!(
        revoked.is_revoked(DEVICE),
        "a line of the revocation log that was signed once is taken"
    );
    assert!(verify_signature(public, b"another", &bytes(RENEWAL)).is_err());
}

fn secrets(page: &mut GoldenPage) {
    page.section("secrets: what is stored and derived");
    page.item("hash of `secret`", encode_hex(&hash_secret(b"secret")));
    page.item(
        "derived from `secret` and two parts",
        encode_hex(&derive_mac(b"secret", &[b"one", b"two"])),
    );
    page.item(
        "code of an enrolment asked for",
        encode_hex(&derive_mac(b"secret", &[b"enrolment code", &[5; 16], &[6; 16]])),
    );
    let mut nonce = NOW.saturating_add_micros(60_000_000).0.to_be_bytes().to_vec();
    nonce.extend([7; 8]);
    nonce.extend(derive_mac(b"secret", &[b"renewal nonce", &DEVICE.0, &nonce]));
    assert_eq!(
        verify_renewal_nonce(b"secret", DEVICE, &nonce, NOW),
        Some(NOW.saturating_add_micros(60_000_000))
    );
    page.item("a nonce that is known again", encode_hex(&nonce));
    let factor = FactorSecrets::derive(b"secret", AccountId([8; 16]), [9; 16]);
    page.item("secret of a second factor", factor.secret_text());
    page.item("its first recovery code", &factor.recovery_codes()[0]);
    page.item("tokens begin with", &generate_access_token().unwrap().0.reveal()[..4]);
    let (id, key, _) = generate_service_key().unwrap();
    assert_eq!(parse_service_key_id(key.reveal()), Some(id));
    page.item("keys of partners begin with", &key.reveal()[..4]);
    let hashed = PasswordHashPool::default()
        .acquire_slot(HashPriority::Returning)
        .unwrap()
        .hash_password("a sentence that is long")
        .unwrap();
    page.item("method of passwords", hashed.algorithm);
    page.section("seals of cursors and marks");
    let signer = CursorSigner::new(b"secret");
    let position = ScopePosition { scope: 7, generation: 2, seq: 1234, snapshot_seq: 99 };
    let cursor = SyncCursor {
        epoch: 3,
        commit: (1200, [9; 8]),
        positions: vec![position, ScopePosition::default()],
    };
    let signed_cursor = signer.sign_cursor(DEVICE, &cursor);
    assert_eq!(signer.verify_cursor(DEVICE, &signed_cursor), Some(cursor));
    page.item("cursor", encode_hex(&signed_cursor));
    page.item("mark", encode_hex(&signer.sign_sync_mark(DEVICE, NOW)));
    page.item("id of a history", encode_hex(&signer.derive_epoch_id(&[1; 32], NOW)));
}

#[test]
fn what_is_hashed_and_signed_is_the_same_to_the_byte() {
    let mut page = GoldenPage::new("hashes.txt", ABOUT);
    contents(&mut page);
    commands(&mut page);
    proofs(&mut page);
    signing_inputs(&mut page);
    secrets(&mut page);
    page.compare_or_bless();
}

/// Creates the texts of `signed/`. They are never created again: new ones would prove nothing about
/// existing proofs.
#[test]
#[ignore = "writes the files in tests/golden/signed, which stay as they are"]
fn signed_once() {
    assert!(KEY.is_empty(), "tests/golden/signed is kept; empty its files first");
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/signed");
    std::fs::create_dir_all(dir).unwrap();
    let write = |file: &str, text: String| std::fs::write(format!("{dir}/{file}"), text).unwrap();
    let pkcs8 = AuthorityKey::generate().unwrap();
    let authority = AuthorityKey::from_pkcs8(&pkcs8).unwrap();
    let leaves = [hash_leaf(b"one"), hash_leaf(b"two"), hash_leaf(b"three")];
    let three = authority.sign_checkpoint(3, compute_root(&leaves)).unwrap();
    let one = authority.sign_checkpoint(1, leaves[0]).unwrap();
    let path = build_inclusion_proof(&leaves, 1).unwrap();
    let within =
        AuditProof::Inclusion { line: b"two".to_vec(), index: 1, path, checkpoint: three.clone() };
    let grown = AuditProof::Consistency {
        old_size: 1,
        path: build_consistency_proof(&leaves, 1).unwrap(),
        checkpoint: three,
    };
    write("key.hex", encode_hex(&pkcs8) + "\n");
    write(
        "enrolment.hex",
        encode_hex(
            &authority.sign(&enrolment_signing_input(&code(), authority.public_key())).unwrap(),
        ) + "\n",
    );
    write(
        "renewal.hex",
        encode_hex(&authority.sign(&renewal_signing_input(DEVICE, b"nonce")).unwrap()) + "\n",
    );
    write("checkpoint.txt", AuditProof::Checkpoint(one).to_string());
    write("inclusion.txt", within.to_string());
    write("consistency.txt", grown.to_string());
    RevocationLog::open(dir.as_ref(), &authority).unwrap().append(DEVICE, NOW, &authority).unwrap();
}
