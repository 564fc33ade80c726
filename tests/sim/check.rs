//! The end of a day: everybody syncs twice, and then everything must fit.
//!
//! What the server lets a phone see is asked of the server by a reader that knows nothing but the frames: a cursor that is empty, rows that are put and
//! taken away.

use crate::fault::Fault;
use crate::phone::{Handset, Life};
use crate::world::World;
use prost::Message as _;
use std::collections::{BTreeMap, BTreeSet};
use thidua::app::App;
use thidua::app::access::identity;
use thidua::client::facade::HeldRecord;
use thidua::domain::command::Verdict;
use thidua::domain::digest::{Digest, record_hash};
use thidua::domain::org::View;
use thidua::domain::scope::RecordKind;
use thidua::grpc::carry::{Carried, Ground};
use thidua::pb;
use thidua::pb::sync_response::Frame;

/// Kinds of records that the model knows.
const KINDS: [RecordKind; 5] =
    [RecordKind::Report, RecordKind::Comment, RecordKind::Conflict, RecordKind::Proposal, RecordKind::Held];

impl World {
    /// What a node's kept sums say is what reading every report again says.
    pub(crate) fn judges_as_from_nothing(&mut self) {
        let node = self.node();
        let fresh = App::new(node.store().clone(), self.clock.clone());
        let reference = node.store().read(|tx| node.reference(tx)).unwrap();
        for campaign in reference.judged() {
            let [kept, whole] = [&node, &fresh].map(|app| app.judge_now(campaign, View::AsWas).unwrap());
            assert!(!whole.standings.is_empty(), "there is something to judge");
            assert_eq!(kept.input_digest, whole.input_digest, "the same reports go in");
            assert!(kept.standings == whole.standings, "sums that follow changes are sums made from nothing");
        }
        self.count("judged as from nothing");
    }

    pub(crate) fn end(&mut self) {
        self.judges_as_from_nothing();
        self.tell("the end: everybody syncs twice".into());
        self.restart();
        let (now, today) = (self.clock.now(), self.clock.now().local_date());
        self.node().apply_day().unwrap();
        self.model.apply_day(today);
        self.phones.iter().for_each(|phone| phone.clock.set(now));
        // A history that was lost comes back phone by phone, parents after children.
        let rounds = if self.exact { 2 } else { 6 };
        for _ in 0..rounds {
            for at in 0..self.phones.len() {
                if self.phones[at].life == Life::Works {
                    self.call(at, Fault::None, false);
                }
            }
        }
        let checked = self.node().store().check().unwrap();
        assert_eq!(checked.faults, Vec::<String>::new(), "the database is whole");
        if self.exact {
            self.books_are_as_foretold();
        }
        for at in 0..self.phones.len() {
            match self.phones[at].life {
                Life::Works => self.holds_what_it_may_see(at),
                Life::Revoked => {
                    assert_eq!(
                        self.phones[at].app().held_records().unwrap(),
                        [],
                        "a phone that was shut out holds nothing"
                    );
                }
                Life::Forked => {}
            }
        }
    }

    /// Every report says what the model says, and there is no other.
    fn books_are_as_foretold(&mut self) {
        let node = self.node();
        let reference = node.store().read(|tx| node.reference(tx)).unwrap();
        for (id, sheet) in &self.model.reports {
            let filed = node.store().read(|tx| tx.report(*id, &reference.units)).unwrap().unwrap();
            let report = filed.report;
            assert_eq!(
                (report.state, &report.cells, &report.question, filed.revision),
                (sheet.state, &sheet.cells, &sheet.question, sheet.revision),
                "report of {} for {}",
                sheet.key.unit,
                sheet.key.period
            );
        }
        let filed = node.store().read(|tx| tx.records(RecordKind::Report)).unwrap();
        assert_eq!(filed.len(), self.model.reports.len(), "no other report");
    }

    fn holds_what_it_may_see(&mut self, at: usize) {
        let name = self.phones[at].name.clone();
        let app = self.phones[at].app();
        let outbox = app.outbox().unwrap();
        assert_eq!((outbox.waiting, outbox.sent, outbox.acknowledged), (0, 0, 0), "{name}: everything was answered");
        assert_eq!(app.call_loops().unwrap(), 0, "{name}: no scope goes round in circles");
        let held = app.held_records().unwrap();
        assert_eq!(held, self.shown_to(at), "{name} holds what the server lets it see, byte for byte");
        self.call(at, Fault::None, false);
        assert_eq!(self.phones[at].app().held_records().unwrap(), held, "{name}: a second sync brings nothing");
        if self.exact {
            let ours = |one: &&HeldRecord| KINDS.iter().any(|kind| kind.number() == one.kind);
            let ids: BTreeSet<[u8; 16]> =
                held.iter().filter(ours).map(|one| one.id.clone().try_into().unwrap()).collect();
            let may = self.model.in_sight(self.phones[at].account, self.clock.now().local_date());
            assert_eq!(ids, may, "{name} sees exactly what its roles open");
        }
        self.nothing_acknowledged_is_lost(at);
    }

    /// Every verdict that the phone was told stands, and every refusal is in sight of its person.
    fn nothing_acknowledged_is_lost(&mut self, at: usize) {
        let node = self.node();
        let phone: &Handset = &self.phones[at];
        let refused: BTreeSet<u64> = phone.refused().into_iter().map(|(number, _)| number).collect();
        for (number, (hash, told)) in &phone.told {
            let taken = node.store().read(|tx| tx.taken(phone.device, *number)).unwrap();
            let taken = taken.unwrap_or_else(|| panic!("{}: {number} was acknowledged and is gone", phone.name));
            // Of a phone and its copy, a server that lost history hears one first; the other is told that it is a copy.
            if self.exact || !phone.copied {
                assert_eq!(taken.hash, *hash, "{}: {number} has its content", phone.name);
            }
            if self.exact {
                assert_eq!(Some(taken.verdict), self.model.present(phone.device, *number), "{}: {number}", phone.name);
            }
            if *told == Verdict::Rejected && !phone.copied {
                let known = refused.contains(number) || phone.discarded.contains(number);
                assert!(known, "{}: {number} was refused and nobody is told", phone.name);
            }
        }
    }

    /// Everything that the server shows to this phone's device, to a reader that begins with nothing.
    fn shown_to(&mut self, at: usize) -> Vec<HeldRecord> {
        let node = self.node();
        let who = node.store().read(|tx| identity(tx, self.phones[at].device)).unwrap();
        let ground = Ground { app: &node, seal: &self.seal, authority: &self.authority };
        let mut carried = Carried::begin(ground, who, &pb::SyncRequest::default().encode_to_vec()).unwrap();
        let mut reader = Reader::default();
        loop {
            let (frames, reached) = carried.step().unwrap();
            frames.iter().for_each(|frame| reader.take(pb::SyncResponse::decode(&**frame).unwrap()));
            if reached {
                return reader.held();
            }
        }
    }
}

type Key = (i32, Vec<u8>);

/// A reader that knows the frames and nothing else.
#[derive(Default)]
struct Reader {
    records: BTreeMap<Key, (i64, Vec<u8>)>,
    pairs: BTreeSet<(u32, Key)>,
}

impl Reader {
    fn take(&mut self, frame: pb::SyncResponse) {
        match frame.frame {
            Some(Frame::Rows(rows)) => rows.rows.iter().for_each(|row| self.row(row)),
            Some(Frame::Checkpoint(checkpoint)) => self.agrees(&checkpoint),
            _ => {}
        }
    }

    fn row(&mut self, row: &pb::Row) {
        let key = (row.kind, row.id.clone());
        for scope in &row.scope_numbers {
            if row.operation() == pb::RowOperation::Put {
                self.pairs.insert((*scope, key.clone()));
                self.records.insert(key.clone(), (row.revision, row.record.clone()));
            } else {
                self.pairs.remove(&(*scope, key.clone()));
            }
        }
    }

    /// The digests of a checkpoint are those of what came.
    fn agrees(&self, checkpoint: &pb::Checkpoint) {
        for scope in &checkpoint.digests {
            let mut digest = Digest::default();
            for (_, key) in self.pairs.iter().filter(|(number, _)| *number == scope.scope_number) {
                let (revision, bytes) = &self.records[key];
                digest.add(record_hash(&key.1.clone().try_into().unwrap(), *revision, bytes));
            }
            let told = (scope.count as i64, scope.digest.clone());
            assert_eq!((digest.count, digest.sum.to_be_bytes().to_vec()), told, "scope {}", scope.scope_number);
        }
    }

    fn held(&self) -> Vec<HeldRecord> {
        let here: BTreeSet<&Key> = self.pairs.iter().map(|(_, key)| key).collect();
        let record = |(kind, id): &Key| {
            let (revision, bytes) = self.records[&(*kind, id.clone())].clone();
            HeldRecord { kind: i16::try_from(*kind).unwrap(), id: id.clone(), revision, bytes }
        };
        here.into_iter().map(record).collect()
    }
}
