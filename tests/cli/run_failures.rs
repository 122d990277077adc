//! `lineage run`: what the notes of a failure say.

use crate::run_sandbox::{last, run, store};

#[test]
fn the_notes_of_a_failure_start_with_the_innermost_error_and_its_place() {
    let sandbox = store();
    let traceback = "\
progress 10 %
Traceback (most recent call last):
  File \"data.py\", line 7, in load
    return cache[key]
KeyError: 'tokens'

LINK

Traceback (most recent call last):
  File \"train.py\", line 90, in <module>
    main()
RuntimeError: no data
Traceback (most recent call last):
  File \"/usr/bin/torchrun\", line 8, in <module>
torch.distributed.elastic.multiprocessing.errors.ChildFailedError: train.py FAILED
";
    for link in [
        "During handling of the above exception, another exception occurred:",
        "The above exception was the direct cause of the following exception:",
    ] {
        sandbox.write("stderr", traceback.replace("LINK", link));
        run(&sandbox, &["--notes", "my plan"], "cat stderr >&2; exit 1");
        let notes = last(&sandbox, "notes");
        let start = "KeyError: 'tokens'\\ndata.py:7 in load\\nlast lines:\\nprogress 10 %";
        assert!(notes.starts_with(start), "{notes}");
        assert!(notes.ends_with("\\nmy plan"), "{notes}");
    }
    run(
        &sandbox,
        &[],
        "seq -f 'a line of the output, number %g' 9999 >&2; exit 1",
    );
    let length = last(&sandbox, "notes").len();
    assert!((1500..=2000).contains(&length), "{length}");
}

#[test]
fn an_error_on_stdout_counts_before_other_lines_on_stderr() {
    let sandbox = store();
    let traceback = "epoch 1\nTraceback (most recent call last):\n  File \"train.py\", line 3, in f\nRuntimeError: no data";
    sandbox.write("traceback", traceback);
    for stderr in ["sys 0m0.033s", "+ python3 train.py", "wandb: run finished"] {
        let script = format!("cat traceback; echo '{stderr}' >&2; exit 1");
        run(&sandbox, &[], &script);
        let notes = last(&sandbox, "notes");
        let start = "RuntimeError: no data\\ntrain.py:3 in f\\nlast lines:\\nepoch 1\\n";
        assert!(notes.starts_with(start), "{notes}");
        assert!(notes.ends_with(stderr), "{notes}");
    }
    for measured in [
        "val error: 0.31",
        "Error: 1e-3 | lr: 2",
        "test error: 12% (best)",
        "error: 5 step=9",
        "val_error: 0.3",
        "Mean Absolute Error: 12.3 mm",
        "WER (Word Error Rate) 12.3",
        "Config(timeout=30)",
        "Training args: {\"timeout\": 1800}",
        "cannot improve further",
    ] {
        run(
            &sandbox,
            &[],
            &format!("echo '{measured}'; echo boom >&2; exit 1"),
        );
        let notes = last(&sandbox, "notes");
        assert_eq!(notes, format!("boom\\nlast lines:\\n{measured}"));
    }
    for error in [
        "error: 404 Not Found",
        "Fatal: no data",
        "ERROR 12:00 no data",
        "torch.OutOfMemoryError: CUDA",
    ] {
        let script = format!("echo '{error}'; echo boom >&2; exit 1");
        run(&sandbox, &[], &script);
        let notes = last(&sandbox, "notes");
        assert_eq!(notes, format!("{error}\\nlast lines:\\nboom"));
    }
    run(&sandbox, &[], "echo 'the process was Killed'; exit 1");
    assert_eq!(last(&sandbox, "notes"), "the process was Killed");
    run(
        &sandbox,
        &[],
        "cat traceback; echo 'ValueError: x' >&2; exit 1",
    );
    assert_eq!(last(&sandbox, "notes"), "ValueError: x");
    let long = "seq -f 'a line of stdout, number %g' 999; seq -f 'of stderr, %g' 999 >&2; exit 1";
    run(&sandbox, &[], long);
    let notes = last(&sandbox, "notes");
    assert!((1800..=2000).contains(&notes.len()), "{}", notes.len());
    assert!(
        notes.starts_with("of stderr, 999\\nlast lines:\\na line of"),
        "{notes}"
    );
    assert!(
        notes.contains("stdout, number 999\\nof stderr, "),
        "{notes}"
    );
}

#[test]
fn an_error_on_stderr_may_be_a_number() {
    let sandbox = store();
    for error in [
        "curl: (22) The requested URL returned error: 404",
        "CUDA driver error: 999",
        "HTTPError: 403, message=forbidden",
    ] {
        let script = format!("echo error: no; echo '{error}' >&2; echo bye >&2; exit 1");
        run(&sandbox, &[], &script);
        let notes = last(&sandbox, "notes");
        assert_eq!(notes, format!("{error}\\nlast lines:\\nbye"));
    }
}
