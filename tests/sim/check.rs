//! The checks at the end of a day: every phone syncs twice, then everything must match.
//!
//! A minimal reader computes what the server lets a phone see from frames alone: an empty cursor,
//! rows that are put and removed.

use crate::fault::Fault;
use crate::phone::{PhoneState, SimPhone};
use crate::world::World;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};
use thidua::app::App;
use thidua::app::access::load_identity;
use thidua::client::facade::RecordView;
use thidua::domain::access::scope::RecordKind;
use thidua::domain::org::StructureView;
use thidua::domain::report::command::Verdict;
use thidua::domain::support::scope_digest::{ScopeDigest, hash_record};
use thidua::grpc::in_memory::{InMemoryCall, InMemoryContext};
use thidua::pb;
use thidua::pb::sync_response::Frame;

/// Kinds of records that the model contains.
const KINDS: [RecordKind; 6] = [
    RecordKind::Report,
    RecordKind::Comment,
    RecordKind::Conflict,
    RecordKind::Proposal,
    RecordKind::Held,
    RecordKind::Participation,
];

impl World {
    /// A node's incremental totals give the same standings as reading every report again.
    pub(crate) fn check_incremental_standings(&mut self) {
        let node = self.pick_node();
        let new_app = App::new(node.store().clone(), self.clock.clone());
        let reference = node.store().read(|tx| node.reference(tx)).unwrap();
        for campaign in reference.judged_campaigns() {
            let [incremental, full] = [&node, &new_app]
                .map(|app| app.judge_live(campaign, StructureView::AsWas).unwrap());
            assert!(!full.standings.is_empty(), "there is something to judge");
            assert_eq!(incremental.input_digest, full.input_digest, "the same reports go in");
            assert!(
                incremental.standings == full.standings,
                "sums that follow changes are sums made from nothing"
            );
        }
        self.count_event("judged as from nothing");
    }

    pub(crate) fn check_end_state(&mut self) {
        self.check_incremental_standings();
        self.log_event("the end: everybody syncs twice".into());
        self.restart();
        let (now, today) = (self.clock.now(), self.clock.now().local_date());
        self.pick_node().apply_org_day().unwrap();
        self.model.apply_day(today);
        self.phones.iter().for_each(|phone| phone.clock.set(now));
        // After a restore the lost history returns phone by phone, parents after children.
        let rounds = if self.history_intact { 2 } else { 6 };
        for _ in 0..rounds {
            for at in 0..self.phones.len() {
                if self.phones[at].state == PhoneState::Working {
                    self.sync_until_done(at, Fault::None, false);
                }
            }
        }
        let checked = self.pick_node().store().check_integrity().unwrap();
        assert_eq!(checked.problems, Vec::<String>::new(), "the database is whole");
        if self.history_intact {
            self.check_reports_match_model();
        }
        for at in 0..self.phones.len() {
            match self.phones[at].state {
                PhoneState::Working => self.check_replica_matches_visible(at),
                PhoneState::Revoked => {
                    assert_eq!(
                        self.phones[at].app().all_records().unwrap(),
                        [],
                        "a phone that was shut out holds nothing"
                    );
                }
                PhoneState::Forked => {}
            }
        }
    }

    /// Every report equals the model's, and there is no other.
    fn check_reports_match_model(&mut self) {
        let node = self.pick_node();
        let reference = node.store().read(|tx| node.reference(tx)).unwrap();
        for (id, expected) in &self.model.reports {
            let filed =
                node.store().read(|tx| tx.report(*id, &reference.unit_numbers)).unwrap().unwrap();
            let report = filed.report;
            assert_eq!(
                (report.state, &report.cells, &report.question, filed.revision),
                (expected.state, &expected.cells, &expected.question, expected.revision),
                "report of {} for {}",
                expected.key.unit,
                expected.key.period
            );
        }
        let filed = node.store().read(|tx| tx.records(RecordKind::Report)).unwrap();
        assert_eq!(filed.len(), self.model.reports.len(), "no other report");
        let parts = node.store().read(|tx| tx.participations(&reference.unit_numbers)).unwrap();
        let stored: BTreeMap<_, Vec<_>> =
            parts.into_iter().map(|(part, _)| (part.unit, part.pledges)).collect();
        let expected = self.model.pledges.iter();
        let expected: BTreeMap<_, Vec<_>> =
            expected.map(|(unit, of_unit)| (*unit, of_unit.values().cloned().collect())).collect();
        assert_eq!(stored, expected, "every pledge that was taken, and no other");
    }

    fn check_replica_matches_visible(&mut self, at: usize) {
        let name = self.phones[at].name.clone();
        let app = self.phones[at].app();
        let outbox = app.outbox_status().unwrap();
        assert_eq!(
            (outbox.waiting, outbox.sent, outbox.acknowledged),
            (0, 0, 0),
            "{name}: everything was answered"
        );
        assert_eq!(
            app.diverged_scope_count().unwrap(),
            0,
            "{name}: no scope goes round in circles"
        );
        let held = app.all_records().unwrap();
        assert_eq!(
            held,
            self.visible_records(at),
            "{name} holds what the server lets it see, byte for byte"
        );
        self.sync_until_done(at, Fault::None, false);
        assert_eq!(
            self.phones[at].app().all_records().unwrap(),
            held,
            "{name}: a second sync brings nothing"
        );
        if self.history_intact {
            let in_model = |one: &&RecordView| KINDS.iter().any(|kind| kind.number() == one.kind);
            let ids: BTreeSet<[u8; 16]> = held
                .iter()
                .filter(in_model)
                .map(|one| one.id.clone().try_into().unwrap())
                .collect();
            let may =
                self.model.visible_ids(self.phones[at].account, self.clock.now().local_date());
            assert_eq!(ids, may, "{name} sees exactly what its roles open");
        }
        self.check_acknowledged_commands(at);
    }

    /// Every verdict that the phone received is stored, and every refusal is visible to its user.
    fn check_acknowledged_commands(&mut self, at: usize) {
        let node = self.pick_node();
        let phone: &SimPhone = &self.phones[at];
        let refused: BTreeSet<u64> =
            phone.refused_commands().into_iter().map(|(number, _)| number).collect();
        for (number, (hash, received)) in &phone.verdicts {
            let taken = node.store().read(|tx| tx.recorded_command(phone.device, *number)).unwrap();
            let taken = taken
                .unwrap_or_else(|| panic!("{}: {number} was acknowledged and is gone", phone.name));
            // A server that lost history receives the commands of a phone and its copy in either
            // order; the later one is forked.
            if self.history_intact || !phone.copied {
                assert_eq!(taken.hash, *hash, "{}: {number} has its content", phone.name);
            }
            if self.history_intact {
                assert_eq!(
                    Some(taken.verdict),
                    self.model.current_verdict(phone.device, *number),
                    "{}: {number}",
                    phone.name
                );
            }
            if *received == Verdict::Rejected && !phone.copied {
                let is_visible = refused.contains(number) || phone.discarded.contains(number);
                assert!(is_visible, "{}: {number} was refused and nobody is told", phone.name);
            }
        }
    }

    /// Everything that the server sends to this phone's device from an empty cursor.
    fn visible_records(&mut self, at: usize) -> Vec<RecordView> {
        let node = self.pick_node();
        let who = node.store().read(|tx| load_identity(tx, self.phones[at].device)).unwrap();
        let context = InMemoryContext {
            app: &node,
            cursor_signer: &self.cursor_signer,
            authority: &self.authority,
        };
        let mut call =
            InMemoryCall::begin(context, who, &pb::SyncRequest::default().encode_to_vec()).unwrap();
        let mut reader = FrameReader::default();
        loop {
            let (frames, rest) = call.next_frames().unwrap();
            frames
                .iter()
                .for_each(|frame| reader.apply_frame(pb::SyncResponse::decode(&**frame).unwrap()));
            let Some(rest) = rest else { return reader.records() };
            call = rest;
        }
    }
}

type ReaderKey = (i32, Vec<u8>);

/// A reader that knows only frames.
#[derive(Default)]
struct FrameReader {
    records: BTreeMap<ReaderKey, (i64, Vec<u8>)>,
    scope_members: BTreeSet<(u32, ReaderKey)>,
}

impl FrameReader {
    fn apply_frame(&mut self, frame: pb::SyncResponse) {
        match frame.frame {
            Some(Frame::Rows(rows)) => rows.rows.iter().for_each(|row| self.apply_row(row)),
            Some(Frame::Checkpoint(checkpoint)) => self.assert_digests_match(&checkpoint),
            _ => {}
        }
    }

    fn apply_row(&mut self, row: &pb::Row) {
        let key = (row.kind, row.id.clone());
        for scope in &row.scope_numbers {
            if row.operation() == pb::RowOperation::Put {
                self.scope_members.insert((*scope, key.clone()));
                self.records.insert(key.clone(), (row.revision, row.record.clone()));
            } else {
                self.scope_members.remove(&(*scope, key.clone()));
            }
        }
    }

    /// Compares the digests of a checkpoint with the rows received.
    fn assert_digests_match(&self, checkpoint: &pb::Checkpoint) {
        for scope in &checkpoint.digests {
            let mut digest = ScopeDigest::default();
            for (_, key) in
                self.scope_members.iter().filter(|(number, _)| *number == scope.scope_number)
            {
                let (revision, bytes) = &self.records[key];
                digest.add(hash_record(&key.1.clone().try_into().unwrap(), *revision, bytes));
            }
            let received = (scope.count as i64, scope.digest.clone());
            assert_eq!(
                (digest.count, digest.sum.to_be_bytes().to_vec()),
                received,
                "scope {}",
                scope.scope_number
            );
        }
    }

    fn records(&self) -> Vec<RecordView> {
        let here: BTreeSet<&ReaderKey> = self.scope_members.iter().map(|(_, key)| key).collect();
        let record = |(kind, id): &ReaderKey| {
            let (revision, bytes) = self.records[&(*kind, id.clone())].clone();
            RecordView { kind: i16::try_from(*kind).unwrap(), id: id.clone(), revision, bytes }
        };
        here.into_iter().map(record).collect()
    }
}
