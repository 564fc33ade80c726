//! A call whose own commit is in memory is answered as the feed would answer it (S2).

use crate::batching::{SeededRng, enrol_phones, write_command};
use crate::on_both_databases;
use crate::world::World;
use std::collections::BTreeMap;
use thidua::domain::access::scope::RecordKind;
use thidua::store::feed::{FeedOp, FeedRow};
use thidua::store::read_tx::FeedHead;
use thidua::store::recent_commits::CommittedChanges;
use thidua::sync::frame::{CheckpointFrame, SyncFrame, SyncRow};

on_both_databases! {
    s02_a_phone_is_told_of_its_own_commit_what_the_feed_says_of_it_and_with_one_read
    commits_in_memory_are_together_what_the_feed_holds_after_them
    commits_in_memory_with_one_of_another_node_between_answer_nothing
}

fn rows_and_checkpoint(frames: &[SyncFrame]) -> (Vec<SyncRow>, Option<CheckpointFrame>) {
    let (mut rows, mut checkpoint) = (Vec::new(), None);
    for frame in frames {
        if let SyncFrame::Rows(page) = frame {
            rows.extend(page.rows.clone());
        }
        if let SyncFrame::Checkpoint(frame) = frame {
            checkpoint = Some(frame.clone());
        }
    }
    (rows, checkpoint)
}

fn s02_a_phone_is_told_of_its_own_commit_what_the_feed_says_of_it_and_with_one_read(world: World) {
    let (mut phones, mut rng) = (enrol_phones(&world), SeededRng(11));
    let mut from_memory = 0;
    for _ in 0..80 {
        let phone = &mut phones[rng.below(4)];
        phone.push(&world, &[]);
        let mut other = phone.clone();
        let commands: Vec<_> =
            (0..=rng.below(3)).map(|_| write_command(&world, phone, &mut rng)).collect();
        let (before, reads) = (head(&world).seq, world.app.store().read_count());
        let told = phone.exchange_frames(&world, &commands, usize::MAX);
        let reads = world.app.store().read_count() - reads;
        let read_anew = other.exchange_frames(&world, &[], usize::MAX);
        assert_eq!(rows_and_checkpoint(&told), rows_and_checkpoint(&read_anew));
        if head(&world).seq > before {
            // One of these reads is the caller's identity.
            assert_eq!(reads, 2, "{told:?}");
            from_memory += 1;
        }
    }
    assert!(from_memory > 20, "{from_memory}");
}

/// The last change of each record in each scope.
fn latest_rows(
    rows: impl Iterator<Item = FeedRow>,
) -> BTreeMap<(i32, RecordKind, [u8; 16]), (i64, FeedOp)> {
    rows.map(|row| ((row.scope, row.kind, row.id), (row.seq, row.op))).collect()
}

fn head(world: &World) -> FeedHead {
    world.app.store().read(|tx| tx.head()).unwrap()
}

fn commits_since(
    world: &World,
    before: &FeedHead,
) -> Option<Vec<std::sync::Arc<CommittedChanges>>> {
    world.app.store().commits_between(&before.chain, head(world).seq)
}

fn commits_in_memory_are_together_what_the_feed_holds_after_them(world: World) {
    let (mut phones, mut rng) = (enrol_phones(&world), SeededRng(12));
    let mut compared = 0;
    for _ in 0..50 {
        let before = head(&world);
        for _ in 0..=rng.below(6) {
            let phone = &mut phones[rng.below(4)];
            let command = write_command(&world, phone, &mut rng);
            phone.push(&world, &[command]);
        }
        let Some(commits) = commits_since(&world, &before) else {
            assert_eq!(head(&world).seq, before.seq, "every commit is in memory");
            continue;
        };
        let upto = head(&world).seq;
        world
            .app
            .store()
            .read(|tx| {
                let scopes: Vec<i32> = tx.all_scopes()?.iter().map(|scope| scope.number).collect();
                let rows = commits
                    .iter()
                    .flat_map(|commit| scopes.iter().flat_map(|scope| commit.feed_rows(*scope)));
                let stored = tx.feed_page(&scopes, before.seq, upto, 1_000)?.rows;
                assert_eq!(latest_rows(rows), latest_rows(stored.into_iter()));
                for (scope, digest) in tx.scope_digests(&scopes.iter().copied().collect())? {
                    let told = commits.iter().rev().find_map(|commit| commit.digest(scope));
                    assert!(told.is_none_or(|told| told == digest));
                }
                Ok::<_, thidua::store::Error>(())
            })
            .unwrap();
        compared += commits.len();
    }
    assert!(compared > 20, "{compared}");
}

fn commits_in_memory_with_one_of_another_node_between_answer_nothing(world: World) {
    let (mut phones, mut rng) = (enrol_phones(&world), SeededRng(13));
    let node = world.second_node();
    let mut commit_on = |world: &World| {
        let before = head(world);
        while head(world).seq == before.seq {
            let phone = &mut phones[rng.below(4)];
            let command = write_command(world, phone, &mut rng);
            phone.push(world, &[command]);
        }
    };
    let before = head(&world);
    commit_on(&world);
    assert!(commits_since(&world, &before).is_some());
    commit_on(&node);
    assert!(commits_since(&world, &before).is_none());
    let between = head(&world);
    commit_on(&world);
    assert!(commits_since(&world, &before).is_none());
    assert!(commits_since(&world, &between).is_some_and(|commits| commits.len() == 1));
}
