//! Random histories through every way in which a log can change: every command gives the same answer with and without
//! the index.

use std::fs;

use proptest::{
    collection::vec,
    prelude::any,
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{
    Options, Outcome,
    harness::{count_cores, run_parallel},
    index_events::{Before, append, apply, compare, event, index, long_store, trials},
};

pub(crate) fn run(options: &Options) -> Outcome {
    let histories = options.pick(3, 300);
    let lengths = run_parallel(histories, count_cores(), |job| {
        compare_history(options.seed, job)
    });
    let events: usize = lengths.iter().sum();
    Outcome::Passed(format!(
        "{histories} histories of {events} changes (seed {}): the same answers with and without the index",
        options.seed
    ))
}

/// The number of changes.
fn compare_history(seed: u64, job: usize) -> usize {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(job as u64).to_le_bytes());
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), random);
    let history = (any::<bool>(), vec(event(), 1..9));
    let (is_odd, events) = history.new_tree(&mut runner).unwrap().current();
    let sandbox = long_store(is_odd);
    append(&sandbox, &trials("discard", 300, None, "opt", None, 1));
    let before = Before {
        log: fs::read(sandbox.log()).unwrap(),
        index: fs::read(index(&sandbox)).unwrap(),
    };
    for event in &events {
        apply(event, &sandbox, &before);
        compare(&sandbox, event);
    }
    events.len()
}
