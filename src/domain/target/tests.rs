//! Stories about targets, through the public surface. `V4` and the like number the worked vectors of the domain page.

mod grammar;
pub(crate) mod trees;
