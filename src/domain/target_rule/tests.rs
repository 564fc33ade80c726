//! Stories about targets, through the public surface. `V4` and the like number the worked vectors of the domain page.

mod chance_and_coercion;
mod combined;
mod evaluation_case;
mod grammar;
mod laws;
mod running;
mod trees;
mod vectors;
