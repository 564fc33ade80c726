//! Tests of targets through the public interface. `V4` and the like number the worked examples of
//! the domain page.

mod chance_and_coercion;
mod combined;
mod evaluation_case;
mod grammar;
mod laws;
mod running;
mod trees;
mod vectors;
mod waivers;
