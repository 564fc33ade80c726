//! The programme `thidua`: arguments to a subcommand, nothing else.

fn main() {}
