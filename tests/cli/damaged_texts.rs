//! Cells that are not what their column says: no command shows them as what they are not.

use crate::sandbox::Sandbox;

const HEADER: &str =
    "exp_id\ttimestamp\tspecialist\tparent_exp\thypothesis\tstatus\tval_loss\ttotal_s\tnotes\n";

fn store(rows: &str) -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write(".lineage/results.tsv", HEADER.to_owned() + rows);
    sandbox
}

#[test]
fn a_time_that_is_none_and_an_id_do_not_reach_the_terminal_as_they_are() {
    let sandbox = store(
        "0\t\x1b]0;abcdefghijklmno\x07Z\ts\t\th\tbaseline\t3\t-60\tn\n\
         1\t2026-03-01T00:00:00Z\ts\t0\th\tkeep\t2\t3600\tn\n\
         \x1b[31m2\t2026-03-01T01:00:00Z\ts\t1\th\tkeep\t1\t1e300\tn\n",
    );
    let shown = sandbox.ok(&["stats", "--since", "2026-01-01", "-q"]);
    assert!(!shown.contains('\x1b'), "{shown:?}");
    assert!(shown.contains("started 2026-03-01T00:00:00Z"), "{shown}");
    let hours = sandbox.ok(&["stats", "--format", "json", "-q"]);
    assert!(hours.contains("\"hours\":1,"), "{hours}");
}

#[test]
fn an_unknown_word_is_a_failure_only_without_a_score() {
    let mut rows = "0\t\ts\t\th\tbaseline\t3\t\tn\n".to_owned();
    for id in 1..20 {
        rows += &format!("{id}\t\ts\t0\th{id}\tinconclusive\t{id}.5\t3600\tn\n");
    }
    rows += "20\t\ts\t0\th\tinconclusive\t\t1800\tn\n";
    let prompt = store(&rows).ok(&["render", "--for", "s", "--sections", "failures", "-q"]);
    assert!(
        prompt.contains("1 of 21 trials failed") && prompt.contains("**inconclusive**: 1 trial,"),
        "{prompt}"
    );
}

#[test]
fn a_damaged_row_has_no_outcome_in_a_graph_or_a_record() {
    let sandbox =
        store("0\t\ts\t\th\tbaseline\t3\t\tn\n1\t\ts\t0\th\tkeep\t1\t\tn\tone cell more\n");
    for format in ["dot", "mermaid", "tsv", "json"] {
        let tree = sandbox.ok(&["tree", "--format", format, "-q"]);
        assert!(!tree.contains("keep"), "{format}: {tree}");
    }
    let dot = sandbox.ok(&["tree", "--format", "dot", "-q"]);
    assert!(dot.contains("1 damaged: 10 cells, expected 9"), "{dot}");
}

#[test]
fn nothing_beats_a_best_that_is_not_there() {
    let sandbox = store("0\t\ts\t\th\tcrash\t3\t\tn\n1\t\ts\t0\th\tsize_blocked\t1\t\tn\n");
    let prompt = sandbox.ok(&["render", "--for", "s", "-q"]);
    assert!(!prompt.contains("Better than the best"), "{prompt}");
    assert!(!sandbox.ok(&["stats", "-q"]).contains("beat the best"));
}

#[test]
fn a_trial_without_an_id_leads_no_leaderboard() {
    let sandbox = store("0\t\ts\t\th\tbaseline\t3\t\tn\n\t\ts\t0\th\tkeep\t1\t\tn\n");
    let best = sandbox.ok(&["best", "--top", "5", "--format", "tsv", "-q"]);
    assert_eq!(best.lines().count(), 1, "{best}");
}
