//! Prints what the database of `life` holds: audit, scopes, feeds, runs and jobs.

use crate::life::Life;
use crate::page::GoldenPage;
use sha2::{Digest as _, Sha256};
use thidua::domain::support::hex::encode_hex;
use thidua::store::audit::AuditEntry;
use thidua::store::feed::{FeedOp, FeedRow};

/// Longer runs of lines of one sort are printed as one line.
const MAX_PRINTED_RUN: usize = 12;

fn hash_prefix(bytes: &[u8]) -> String {
    encode_hex(&Sha256::digest(bytes)[..16])
}

fn format_record(line: &AuditEntry) -> String {
    line.record.map_or_else(
        || "-".to_owned(),
        |(kind, id)| format!("{}:{}", kind.number(), encode_hex(&id)),
    )
}

pub(crate) fn print_audit(life: &mut Life) {
    let Life { world, page } = life;
    let mut lines = Vec::new();
    let verified = world
        .app
        .store()
        .read(|tx| tx.walk_audit_chain(None, |bytes| lines.push(bytes.to_vec())))
        .unwrap();
    assert_eq!(verified.invalid_from_seq, None);
    page.section("audit: action, record, revisions, account, device, microseconds; digest of the line's bytes");
    let read: Vec<AuditEntry> =
        lines.iter().map(|bytes| AuditEntry::from_canonical_bytes(bytes).unwrap()).collect();
    for run in lines
        .iter()
        .zip(&read)
        .collect::<Vec<_>>()
        .chunk_by(|(_, one), (_, next)| one.action == next.action)
    {
        let line = run[0].1;
        if run.len() > MAX_PRINTED_RUN {
            let whole: Vec<u8> = run.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
            page.item(
                format!("{:04} {}, {} lines", line.seq, line.action, run.len()),
                hash_prefix(&whole),
            );
            continue;
        }
        run.iter().for_each(|(bytes, line)| print_audit_line(page, bytes, line));
    }
    page.section("audit: whole lines");
    for at in [0, lines.len() / 2, lines.len() - 1] {
        page.item(format!("{:04}", at + 1), encode_hex(&lines[at]));
    }
    page.item("chain over all", encode_hex(&verified.chain));
}

fn print_audit_line(page: &mut GoldenPage, bytes: &[u8], line: &AuditEntry) {
    let device = line.device.map_or_else(|| "-".to_owned(), |device| device.to_string());
    let what = format!(
        "{} {}->{} by {}",
        format_record(line),
        line.from_revision,
        line.to_revision,
        line.account
    );
    let name = format!("{:04} {}", line.seq, line.action);
    page.item(name, format!("{what} on {device} at {}; {}", line.at.0, hash_prefix(bytes)));
}

pub(crate) fn print_feeds(life: &mut Life) {
    let Life { world, page } = life;
    let store = world.app.store();
    let scopes = store.read(|tx| tx.all_scopes()).unwrap();
    let numbers: Vec<i32> = scopes.iter().map(|scope| scope.number).collect();
    let seq = store.read(|tx| tx.head()).unwrap().seq;
    let slice = store.read(|tx| tx.feed_page(&numbers, 0, seq, 100_000)).unwrap();
    assert!(slice.is_complete);
    let rows = slice.rows;
    page.section("scopes: kind and id; number, generation, floor, records, sum of their hashes");
    for one in scopes {
        page.item(
            format!("{} {}", one.scope.kind.code(), encode_hex(&one.scope.id)),
            format!(
                "{} generation {} floor {} count {} sum {:032x}",
                one.number, one.generation, one.tombstone_floor, one.digest.count, one.digest.sum
            ),
        );
    }
    page.section(
        "feeds: seq, number of the scope, kind of record and id; revision and digest of its bytes",
    );
    for run in rows.chunk_by(|one, next| one.kind == next.kind && is_put(one) && is_put(next)) {
        if run.len() > MAX_PRINTED_RUN {
            let whole: String = run
                .iter()
                .map(format_feed_row)
                .map(|(name, what)| format!("{name} = {what}\n"))
                .collect();
            let last = run.last().unwrap().seq;
            let name = format!("{:04} to {last:04}, kind {}", run[0].seq, run[0].kind.number());
            page.item(name, format!("{} rows put {}", run.len(), hash_prefix(whole.as_bytes())));
            continue;
        }
        run.iter().map(format_feed_row).for_each(|(name, what)| page.item(name, what));
    }
}

fn is_put(row: &FeedRow) -> bool {
    matches!(row.op, FeedOp::Put { .. })
}

fn format_feed_row(row: &FeedRow) -> (String, String) {
    let what = match &row.op {
        FeedOp::Put { revision, bytes } => {
            format!("put {revision} {} bytes {}", bytes.len(), hash_prefix(bytes))
        }
        FeedOp::Deleted => "deleted".to_owned(),
        FeedOp::OutOfScope => "out of scope".to_owned(),
    };
    (format!("{:04} {} {}:{}", row.seq, row.scope, row.kind.number(), encode_hex(&row.id)), what)
}

pub(crate) fn print_runs(life: &mut Life) {
    let Life { world, page } = life;
    let reference = world.app.store().read(|tx| world.app.reference(tx)).unwrap();
    page.section("runs: number, cut; digests of what went in and came out");
    for campaign in &reference.campaigns {
        for run in world.app.run_manifests(campaign.id(), 100).unwrap() {
            let (input, output) = (encode_hex(&run.input_digest), encode_hex(&run.output_digest));
            page.item(
                encode_hex(&run.id),
                format!(
                    "{} {} cut {} day {}",
                    campaign.code, run.number, run.cut_seq, run.as_of_day
                ),
            );
            page.item(format!("{}, input", encode_hex(&run.id)), input);
            page.item(format!("{}, output", encode_hex(&run.id)), output);
            page.item(
                format!("{}, definitions", encode_hex(&run.id)),
                encode_hex(&run.reference_digest),
            );
            page.item(
                format!("{}, baselines", encode_hex(&run.id)),
                encode_hex(&run.baselines_digest),
            );
        }
    }
    page.section("jobs: slot; state, owner, token, cut");
    let mut print_runs = world.app.job_runs(None, 1000).unwrap();
    print_runs.sort_by(|a, b| (a.slot_at, &a.job).cmp(&(b.slot_at, &b.job)));
    for run in print_runs {
        let cut = run.cut_seq.map_or_else(|| "-".to_owned(), |cut| cut.to_string());
        page.item(
            format!("{} {}", run.slot_at, run.job),
            format!("{} {} {} cut {cut}", run.state, run.owner, run.fencing_token),
        );
    }
}
