//! Stories about targets, through the public surface. `V4` and the like number the worked vectors of the domain page.

mod ask;
mod combined;
mod grammar;
mod laws;
mod running;
mod setting;
mod trees;
mod vectors;
