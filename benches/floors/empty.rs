//! The floor of every process: a program that does nothing.

fn main() {}
