//! Numbers and JSON as people and programs write them.

use std::fs;

use crate::{
    dialects::{all, best},
    sandbox::Sandbox,
};

#[test]
fn numbers_are_read_as_they_were_meant() {
    all(&[
        (
            "001 0.853",
            "run\tscore\tstatus\n1\t0,853\tkeep\n2\t0,812\tkeep\n",
            "",
        ),
        (
            "001 1.234",
            "run\tscore\tstatus\n1\t1,234\tkeep\n2\t0,812\tkeep\n",
            "",
        ), // a comma is one thing in a column
        (
            "001 1234",
            "run\tscore\tstatus\n1\t1,234\tkeep\n2\t812\tkeep\n",
            "",
        ),
        (
            "001 1234567.5",
            "run\tscore\tstatus\n1\t1,234,567.5\tkeep\n2\t812\tkeep\n",
            "",
        ),
        (
            "001 1234.5",
            "run\tscore\tstatus\n1\t1.234,5\tkeep\n2\t812,25\tkeep\n",
            "",
        ),
        (
            "002 2000",
            "run;score;status\n1;1.234,5;keep\n2;2.000;keep\n",
            "",
        ),
        (
            "001 1.234",
            "run;score;status\n1;1,234;keep\n2;0,5;keep\n",
            "",
        ),
        (
            "001 87.5",
            "run\tscore\tstatus\n1\t87.5%\tkeep\n2\t81 %\tkeep\n",
            "",
        ),
        (
            "001 27",
            "run\tscore\tstatus\n1\t27/50\tkeep\n2\t9/50\tkeep\n3\tN/A\tcrash\n",
            "",
        ),
        (
            "001 0.91",
            "run\tscore\tstatus\n1\t≈0.91\tkeep\n2\t~0.5\tkeep\n3\t0.7 ± 0.3\tkeep\n",
            "",
        ),
        (
            "001 11.5",
            "run\tlatency\tstatus\n1\t11.5 ms\tkeep\n2\t12 ms\tkeep\n3\t0\tcrash\n",
            "",
        ),
        (
            "001 12345",
            "run\ttps\tstatus\n1\t**12,345 tok/s**\tkeep\n2\t`9,000 tok/s`\tkeep\n",
            "",
        ),
        (
            "001 0.54",
            "run\tscore\tstatus\n1\t27/50\tkeep\n2\t9/40\tkeep\n",
            "",
        ),
        (
            " null",
            "run\tlatency\tstatus\n1\t11.5 ms\tkeep\n2\t1 s\tkeep\n",
            "line 2: '11.5 ms' is not a number, so this keep cannot be best (and 1 more)",
        ),
        (
            "002 -0.25",
            "run\tscore\tstatus\n1\t−0.5\tkeep\n2\t−0.25\tkeep\n",
            "",
        ),
        (
            "001 1.2e-1",
            "run\tscore\tstatus\n1\t1.2e-1\tkeep\n2\t3e-3\tkeep\n",
            "",
        ),
    ]);
}

#[test]
fn json_as_python_and_editors_write_it_is_read() {
    let python = "{\"run\": 1, \"val_loss\": NaN, \"note\": \"NaN, \\\"Infinity\", \"status\": \"crash\"}\n\
        {\"run\": 2, \"val_loss\": 2.5, \"lr\": -Infinity, \"status\": \"keep\"}\n";
    let pretty = "[\n  {\n    \"run\": 1,\n    \"val_loss\": 3,\n    \"status\": \"keep\"\n  },\n  \
        {\n    \"run\": 2,\n    \"val_loss\": 2.5,\n    \"status\": \"keep\"\n  }\n]\n";
    let within = format!("{{\n  \"name\": \"x\",\n  \"trials\": {pretty}}}\n");
    let spread = pretty
        .trim_matches(|c| "[]\n".contains(c))
        .replace("},", "}");
    let nested = "{\"run\": 2, \"result\": {\"metrics\": {\"val_loss\": 2.5, \"acc\": {\"top1\": 1}}}, \"status\": \"keep\"}\n";
    let torn = format!("{{\"run\": 1, \"val_\n{python}");
    let one_each = "[{\"run\": 1, \"val_loss\": 3},\n{\"run\": 2, \"val_loss\": 2.5}]\n";
    let with_a_list =
        "{\"run\": 2, \"val_loss\": 2.5, \"status\": \"keep\", \"files\": [{\"name\": \"x\"}]}\n";
    for log in [
        python,
        pretty,
        &within,
        &spread,
        nested,
        &torn,
        one_each,
        with_a_list,
    ] {
        assert_eq!(best(log, &["--metric", "val_loss"]).0, "002 2.5", "{log}");
    }
    assert_eq!(
        best(nested, &["--metric", "result.metrics.val_loss"]).0,
        "002 2.5"
    );
    let sandbox = Sandbox::new();
    fs::write(sandbox.path("log"), python).unwrap();
    assert_eq!(
        sandbox
            .ok(&["tail", "--store", "log", "-q", "--format", "jsonl"])
            .lines()
            .count(),
        2
    );
    fs::write(sandbox.path("log"), pretty).unwrap();
    assert!(
        sandbox
            .ok(&["import", "log", "--dry-run", "-q"])
            .contains("rows out   2")
    );
}

#[test]
fn a_score_that_is_not_the_best_or_not_read_is_named() {
    all(&[
        (
            "002 5",
            "run\tscore\tgate\n1\t3\tREVERT\n2\t5\tKEEP\n3\t9\tPASS\n4\t4\tREVERT\n",
            "line 4 would be better than the best: 9; override with --map 'keep=PASS'",
        ),
        (
            "001 3",
            "{\"iter\":0,\"bleu\":2,\"keep\":true}\n{\"iter\":1,\"bleu\":3,\"keep\":true}\n\
             {\"iter\":2,\"bleu\":1,\"keep\":false}\n{\"iter\":3,\"value\":20,\"keep\":true}\n",
            "assuming bleu is the score and value another one",
        ),
        (
            " null",
            "[{\"learning_rate\":0.1,\"final_reward\":null},{\"learning_rate\":0.2,\"final_reward\":null}]\n",
            "no trial has a number in final_reward",
        ),
        (
            "001 0.8",
            "{\"runs\":[{\"val_acc\":0.7,\"lr\":1},{\"val_acc\":0.8,\"lr\":2}],\"other\":[{\"epoch\":1,\"val_acc\":0.9}]}\n",
            "assuming the list runs holds the trials, not other",
        ),
    ]);
    let table =
        "| # | score | status |\n|---|---|---|\n| 1 | 0.7 | baseline |\n| 2 | 0.8 | keep |\n";
    let other = "\n## By case\n\n| case | name | recall |\n|---|---|---|\n| 1 | short | 0.99 |\n";
    let (found, said) = best(format!("{table}{other}\n| 3 | 0.9 | keep |\n"), &[]);
    assert_eq!(found, "003 0.9", "{said}");
    // A parameter is no score, even if nothing else is a number.
    let (found, said) = best("learning_rate,batch_size\n0.1,32\n0.2,64\n", &[]);
    assert_eq!(found, "", "{said}");
    assert!(said.contains("no column holds a score"), "{said}");
    let log = "run\tval_acc\ttest_acc\tstatus\n1\t0.5\t0.5\tkeep\n2\t0.4\t0.6\tkeep\n3\t0.45\t0.7\tkeep\n\
        4\t0.6\t0.6\tdiscard\n5\t0.4\t0.8\tkeep\n6\t0.6\t0.8\tdiscard\n";
    let (found, said) = best(log, &[]);
    assert_eq!(found, "005 0.8");
    assert!(said.contains("assuming test_acc"), "{said}");
    // The decisions choose between names that are equally good.
    let log = log.replace("val_acc", "val_f1");
    let (found, said) = best(log.replace("test_acc", "val_f2"), &[]);
    assert_eq!(found, "005 0.8");
    assert!(
        said.contains("assuming val_f2 (higher is better): "),
        "{said}"
    );
}
