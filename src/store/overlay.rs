//! Rows of one table as the open batch sees them: what the database holds, and what the batch has
//! decided on top of it and not yet written.
//!
//! ```text
//!  put R=1   put R=2   put S=1        two steps on R, one on S
//!  undo to the first savepoint        R=1 again, S unknown
//!  drain                              (R: stored 0, current 2) (S: stored none, current 1)
//! ```
//!
//! Does not depend on what the rows are, and runs no SQL.

use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

/// So many rows are kept, besides those that are not yet written.
const MAX_ROWS: usize = 16_384;

/// A row as the database holds it and as the batch wants it; `None`: there is no such row.
#[derive(Debug, Clone)]
pub(super) struct OverlayRow<V> {
    pub(super) stored: Option<V>,
    pub(super) current: Option<V>,
    /// The savepoint inside which the row was put last.
    depth: usize,
}

/// How a put is undone.
enum Undo<V> {
    /// The row is read from the database again.
    Forget,
    /// The row is as an outer savepoint had put it.
    Restore(OverlayRow<V>),
}

/// The rows of one table that the batch has read or put.
pub(super) struct Overlay<K, V> {
    rows: HashMap<K, OverlayRow<V>>,
    /// Keys of the rows that are not yet written, in the order of writing.
    unwritten: BTreeSet<K>,
    undo: Vec<(K, Undo<V>)>,
}

impl<K, V> Default for Overlay<K, V> {
    fn default() -> Self {
        Self { rows: HashMap::new(), unwritten: BTreeSet::new(), undo: Vec::new() }
    }
}

impl<K: Copy + Eq + Hash + Ord, V: Clone> Overlay<K, V> {
    /// The row as the batch sees it; `None`: not read yet.
    pub(super) fn get(&self, key: &K) -> Option<Option<&V>> {
        self.rows.get(key).map(|row| row.current.as_ref())
    }

    /// Keeps a row as it was read.
    pub(super) fn insert_stored(&mut self, key: K, stored: Option<V>) {
        if self.rows.len() >= MAX_ROWS {
            self.forget_read();
        }
        self.rows.entry(key).or_insert_with(|| OverlayRow {
            current: stored.clone(),
            stored,
            depth: 0,
        });
    }

    /// Puts a row, inside `depth` savepoints. One that was not read counts as absent from the
    /// database.
    pub(super) fn put(&mut self, depth: usize, key: K, current: Option<V>) {
        let is_unwritten = self.unwritten.contains(&key);
        let before = self.rows.get(&key);
        match before {
            Some(row) if is_unwritten && row.depth == depth => {}
            Some(row) if is_unwritten => self.undo.push((key, Undo::Restore(row.clone()))),
            _ => self.undo.push((key, Undo::Forget)),
        }
        let row = self.rows.entry(key).or_insert(OverlayRow { stored: None, current: None, depth });
        (row.current, row.depth) = (current, depth);
        self.unwritten.insert(key);
    }

    /// Whether everything is written.
    pub(super) fn is_written(&self) -> bool {
        self.unwritten.is_empty()
    }

    /// Number of rows that are not yet written.
    pub(super) fn unwritten_count(&self) -> usize {
        self.unwritten.len()
    }

    /// Keys of the rows that are not yet written.
    pub(super) fn unwritten_keys(&self) -> impl Iterator<Item = &K> {
        self.unwritten.iter()
    }

    /// Removes the rows that are not yet written, for writing them inside `depth` savepoints; what
    /// an outer savepoint had put comes back when they are undone.
    pub(super) fn drain_unwritten(&mut self, depth: usize) -> Vec<(K, OverlayRow<V>)> {
        let mut drained = Vec::with_capacity(self.unwritten.len());
        for key in std::mem::take(&mut self.unwritten) {
            if let Some(row) = self.rows.remove(&key) {
                if row.depth < depth {
                    self.undo.push((key, Undo::Restore(row.clone())));
                }
                drained.push((key, row));
            }
        }
        drained
    }

    /// Forgets the rows that were only read.
    pub(super) fn forget_read(&mut self) {
        let unwritten = &self.unwritten;
        self.rows.retain(|key, _| unwritten.contains(key));
    }

    /// A position for [`Overlay::undo_to`] and [`Overlay::release`].
    pub(super) fn position(&self) -> usize {
        self.undo.len()
    }

    /// Undoes what was put after `position`.
    pub(super) fn undo_to(&mut self, position: usize) {
        while self.undo.len() > position {
            let Some((key, undo)) = self.undo.pop() else { return };
            match undo {
                Undo::Forget => {
                    self.rows.remove(&key);
                    self.unwritten.remove(&key);
                }
                Undo::Restore(row) => {
                    self.rows.insert(key, row);
                    self.unwritten.insert(key);
                }
            }
        }
    }

    /// Gives what was put after `position` to the enclosing savepoint, which is at `depth`.
    pub(super) fn release(&mut self, position: usize, depth: usize) {
        for (key, _) in self.undo.get(position..).unwrap_or_default() {
            if let Some(row) = self.rows.get_mut(key) {
                row.depth = row.depth.min(depth);
            }
        }
        if depth == 0 {
            self.undo.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Step {
        Read(u8),
        Put(u8, Option<u8>),
        Write,
        Begin,
        Release,
        Undo,
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..4u8).prop_map(Step::Read),
            (0..4u8, any::<Option<u8>>()).prop_map(|(key, value)| Step::Put(key, value)),
            Just(Step::Write),
            Just(Step::Begin),
            Just(Step::Release),
            Just(Step::Undo),
        ]
    }

    type Table = HashMap<u8, u8>;

    fn set(table: &mut Table, key: u8, value: Option<u8>) {
        match value {
            Some(value) => table.insert(key, value),
            None => table.remove(&key),
        };
    }

    proptest! {
        #[test]
        fn steps_undone_and_written_at_any_moment_leave_what_a_table_with_savepoints_has(
            steps in proptest::collection::vec(any_step(), 0..60)
        ) {
            let (mut overlay, mut database) = (Overlay::<u8, u8>::default(), Table::new());
            let mut model = Table::new();
            let mut savepoints: Vec<(usize, Table, Table)> = Vec::new();
            for step in steps {
                let depth = savepoints.len();
                match step {
                    Step::Read(key) => overlay.insert_stored(key, database.get(&key).copied()),
                    Step::Put(key, value) => {
                        overlay.insert_stored(key, database.get(&key).copied());
                        overlay.put(depth, key, value);
                        set(&mut model, key, value);
                    }
                    Step::Write => {
                        for (key, row) in overlay.drain_unwritten(depth) {
                            prop_assert_eq!(row.stored, database.get(&key).copied());
                            set(&mut database, key, row.current);
                        }
                    }
                    Step::Begin => {
                        savepoints.push((overlay.position(), database.clone(), model.clone()));
                    }
                    Step::Release => {
                        if let Some((position, ..)) = savepoints.pop() {
                            overlay.release(position, savepoints.len());
                        }
                    }
                    Step::Undo => {
                        if let Some((position, stored, seen)) = savepoints.pop() {
                            overlay.undo_to(position);
                            overlay.forget_read();
                            (database, model) = (stored, seen);
                        }
                    }
                }
                for key in 0..4 {
                    let seen = overlay.get(&key).map_or(database.get(&key), |current| current);
                    prop_assert_eq!(seen, model.get(&key));
                }
            }
        }
    }
}
