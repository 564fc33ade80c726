//! Tests come with the stories below.
