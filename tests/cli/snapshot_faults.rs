//! What the system refuses in the middle of a freeze: the trial is not lost, and nothing half-made has a final name.

use std::{
    fs,
    process::{Command, Stdio},
    thread::sleep,
    time::Duration,
};

use crate::sandbox::{Sandbox, skipped};

fn with_work() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/data/f", "f\n");
    sandbox
}

/// So many files that they are flushed all at once: then the only `fsync` is that of the final names.
fn with_much_work() -> Sandbox {
    let sandbox = with_work();
    (0..40).for_each(|n| sandbox.write(&format!("work/data/{n}"), "f\n"));
    sandbox
}

const APPEND: [&str; 7] = [
    "append",
    "--status",
    "keep",
    "--metric",
    "1",
    "--snapshot",
    "work",
];

fn snapshots(sandbox: &Sandbox) -> Vec<String> {
    let Ok(entries) = fs::read_dir(sandbox.path(".lineage/snapshots")) else {
        return Vec::new();
    };
    entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// An append under strace, which makes a system call fail or wait; `None` where there is no strace that may do that.
fn strace(sandbox: &Sandbox, inject: &[&str]) -> Option<Command> {
    traced(sandbox, inject, &APPEND)
}

fn traced(sandbox: &Sandbox, inject: &[&str], args: &[&str]) -> Option<Command> {
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-qq", "-o", "/dev/null"])
        .args(inject)
        .current_dir(sandbox.path("."));
    if !Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .status()
        .is_ok_and(|status| status.success())
    {
        skipped("strace is not there, or may not trace");
        return None;
    }
    strace
        .arg(assert_cmd::cargo::cargo_bin!("lineage"))
        .args(args)
        .env_clear();
    Some(strace)
}

#[test]
fn a_flush_that_fails_leaves_nothing_under_a_final_name() {
    let cases: [(fn() -> Sandbox, _, _); 3] = [
        (with_work, "fsync", "cannot write"),
        (with_much_work, "syncfs", "cannot write"),
        (with_much_work, "fsync", "cannot put the snapshot 000"),
    ];
    for (with_work, call, why) in cases {
        let sandbox = with_work();
        let Some(mut append) = strace(&sandbox, &["-e", &format!("inject={call}:error=EIO")])
        else {
            return;
        };
        let output = append.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(
            stderr.contains("trial 000 is logged without a snapshot") && stderr.contains(why),
            "{stderr}"
        );
        assert_eq!(
            (output.status.code(), &output.stdout[..]),
            (Some(0), &b"000\n"[..])
        );
        assert_eq!(
            sandbox.rows()[0][15],
            "",
            "the row names no snapshot that may not be on the disk"
        );
        assert_eq!(snapshots(&sandbox), [""; 0]);
    }
}

#[test]
fn a_call_that_a_signal_interrupts_is_made_again() {
    let names = [
        "work", "data", "train.py", "f", "link", "000", "tree", "out",
    ];
    let paths: Vec<&str> = names.iter().flat_map(|name| ["-P", name]).collect();
    for call in [
        "openat",
        "mkdirat",
        "linkat",
        "symlinkat",
        "readlinkat",
        "renameat",
        "renameat2",
        "unlinkat",
        "read",
        "write",
        "getdents64",
    ] {
        let sandbox = with_work();
        std::os::unix::fs::symlink("f", sandbox.path("work/data/link")).unwrap();
        let inject = format!("inject=?{call}:error=EINTR:when=1+2");
        let inject = [&paths[..], &["-e", &inject]].concat();
        for args in [&APPEND[..], &APPEND, &["checkout", "1", "out"]] {
            let Some(mut traced) = traced(&sandbox, &inject, args) else {
                return;
            };
            let output = traced.output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            let is_well = output.status.success() && !stderr.contains("without a snapshot");
            assert!(is_well, "{call} {args:?}: {stderr}");
        }
        assert_eq!(sandbox.read("out/data/link"), "f\n");
        sandbox.ok(&["check"]);
    }
}

#[test]
fn a_file_that_goes_while_it_is_frozen_costs_the_snapshot_and_not_the_trial() {
    let sandbox = with_work();
    let inject = [
        "-P",
        "train.py",
        "-e",
        "trace=openat",
        "-e",
        "inject=openat:error=ENOENT",
    ];
    let Some(mut append) = strace(&sandbox, &inject) else {
        return;
    };
    let output = append.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("cannot freeze work: train.py: it was removed while the snapshot was made"),
        "{stderr}"
    );
    assert_eq!(
        (output.status.code(), &output.stdout[..]),
        (Some(0), &b"000\n"[..])
    );
    assert_eq!(sandbox.rows()[0][15], "");
    assert_eq!(snapshots(&sandbox), [""; 0]);
}

#[test]
fn without_a_thread_to_spare_it_is_frozen_all_the_same() {
    let sandbox = with_work();
    let inject = [
        "-e",
        "trace=clone,clone3",
        "-e",
        "inject=clone,clone3:error=EAGAIN",
    ];
    let Some(mut append) = strace(&sandbox, &inject) else {
        return;
    };
    let output = append.output().unwrap();
    assert_eq!(
        (&output.stdout[..], &output.stderr[..]),
        (&b"000\n"[..], &b""[..])
    );
    assert_eq!(sandbox.tree(".lineage/snapshots/000").lines().count(), 3);
}

/// Where nothing can be opened any more, each directory that is made would be one more that cannot be locked.
#[test]
fn once_nothing_can_be_opened_the_writer_gives_up_and_the_next_one_sweeps_up() {
    let mut began = 0;
    for n in 8..48 {
        let sandbox = with_work();
        let inject = format!("inject=openat:error=EMFILE:when={n}+");
        let Some(mut append) = strace(&sandbox, &["-e", "trace=openat", "-e", &inject]) else {
            return;
        };
        let mut child = append
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let mut left = 400;
        while child.try_wait().unwrap().is_none() && left > 0 {
            sleep(Duration::from_millis(50));
            left -= 1;
        }
        let _ = child.kill(); // strace, and with it what it traces
        let code = child.wait().unwrap().code();
        assert!(
            left > 0,
            "from open {n} on it goes on for ever: {} directories",
            snapshots(&sandbox).len()
        );
        began += usize::from(!snapshots(&sandbox).is_empty());
        assert_eq!(
            sandbox.rows().len() == 1,
            code == Some(0),
            "from open {n} on: {code:?}"
        );
        sandbox.ok(&[
            "append",
            "--status",
            "keep",
            "--metric",
            "0",
            "-q",
            "--snapshot",
            "work",
        ]);
        assert!(
            snapshots(&sandbox)
                .iter()
                .all(|name| !name.starts_with('.')),
            "from open {n} on"
        );
    }
    assert!(began > 0, "none of them came so far as to make a directory");
}

#[test]
fn check_does_not_complain_of_a_snapshot_whose_row_is_being_written() {
    let sandbox = with_much_work();
    let Some(mut append) = strace(&sandbox, &["-e", "inject=fsync:delay_exit=1500000"]) else {
        return;
    };
    let mut child = append.spawn().unwrap();
    let placed = || snapshots(&sandbox).contains(&"000".to_owned());
    for _ in 0..2000 {
        if placed() {
            break;
        }
        sleep(Duration::from_millis(5));
    }
    assert!(
        placed() && sandbox.rows().is_empty(),
        "the writer is between the snapshot and its row"
    );
    let during = sandbox.transcript(&["check"]);
    assert!(child.wait().unwrap().success());
    assert!(during.ends_with("no problems found\n= 0\n"), "{during}");
    assert!(
        sandbox
            .transcript(&["check"])
            .ends_with("1 row, no problems found\n= 0\n")
    );
    assert_eq!(snapshots(&sandbox).len(), 2);
}

#[test]
fn check_complains_of_a_snapshot_whose_writer_died_before_the_row() {
    let sandbox = with_much_work();
    let Some(mut append) = strace(&sandbox, &["-e", "inject=fsync:signal=KILL"]) else {
        return;
    };
    assert!(!append.status().unwrap().success());
    assert!(snapshots(&sandbox).contains(&"000".to_owned()));
    let checked = sandbox.transcript(&["check"]);
    assert!(
        checked.contains("000: a snapshot without a row") && checked.ends_with("= 1\n"),
        "{checked}"
    );
}

#[test]
fn check_does_not_report_a_snapshot_that_another_users_writer_is_about_to_name() {
    let sandbox = with_work();
    sandbox.ok(&APPEND);
    sandbox.write(".lineage/snapshots/001/file", "about to be named\n");
    let writer = fs::File::open(sandbox.path(".lineage/snapshots")).unwrap();
    writer.lock_shared().unwrap();
    let checked = sandbox.transcript(&["check"]);
    assert!(checked.ends_with("no problems found\n= 0\n"), "{checked}");
    drop(writer);
    let checked = sandbox.transcript(&["check"]);
    assert!(
        checked.contains("001: a snapshot without a row") && checked.ends_with("= 1\n"),
        "{checked}"
    );
}

#[test]
fn a_checkout_killed_before_a_file_is_whole_leaves_none_under_its_name() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.ok(&APPEND);
    fs::create_dir(sandbox.path("out")).unwrap();
    let names = |dir: &str| {
        fs::read_dir(sandbox.path(dir))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect()
    };
    let kill = ["-e", "inject=fchmod:signal=KILL"];
    let Some(mut checkout) = traced(&sandbox, &kill, &["checkout", "0", "out"]) else {
        return;
    };
    assert!(!checkout.status().unwrap().success());
    let left: Vec<_> = names("out");
    assert!(
        left.len() == 1 && left[0].to_string_lossy().starts_with(".lineage-writing-"),
        "{left:?}"
    );
    sandbox.ok(&["checkout", "0", "out", "--clean"]);
    assert_eq!(sandbox.read("out/train.py"), "lr = 0.1\n");
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "0.5",
        "--snapshot",
        "out",
    ]);
    let frozen: Vec<_> = names(".lineage/snapshots/001");
    assert_eq!(
        frozen,
        ["train.py"],
        "what a killed checkout has left is no work"
    );
}

#[test]
fn a_manifest_that_is_no_short_regular_file_is_not_read() {
    let sandbox = with_work();
    sandbox.ok(&APPEND);
    let manifest = sandbox.path(".lineage/snapshots/000.manifest");
    fs::remove_file(&manifest).unwrap();
    let file = fs::File::create(&manifest).unwrap();
    file.set_len(9 << 30).unwrap();
    for kind in ["it is longer than 256 MiB", "a device, a socket or a pipe"] {
        for args in [&["checkout", "0", "out"][..], &["check"]] {
            let shown = sandbox.transcript(args);
            assert!(shown.contains(kind) && shown.ends_with("= 1\n"), "{shown}");
        }
        fs::remove_file(&manifest).unwrap();
        sandbox.pipe(".lineage/snapshots/000.manifest");
    }
}
