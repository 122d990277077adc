use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    process::Command,
};

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

/// A store, and work with something of everything in it.
fn with_work() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/run.sh", "#!/bin/sh\n");
    fs::set_permissions(sandbox.path("work/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.write("work/data/empty", "");
    fs::create_dir(sandbox.path("work/nothing")).unwrap();
    symlink("../train.py", sandbox.path("work/data/link")).unwrap();
    sandbox
}

fn append(sandbox: &Sandbox, args: &[&str]) -> String {
    sandbox.ok(&[&["append", "--timestamp", "2026-03-01T00:00:00Z", "--status", "auto"], args].concat())
}

fn settings(sandbox: &Sandbox, text: &str) {
    let settings = sandbox.read(".lineage/lineage.toml").replace("[snapshot]", &format!("[snapshot]\n{text}"));
    fs::write(sandbox.path(".lineage/lineage.toml"), settings).unwrap();
}

fn paths(sandbox: &Sandbox) -> Vec<String> {
    sandbox.rows().iter().map(|row| row[15].clone()).collect()
}

#[test]
fn a_keep_is_frozen_read_only_with_its_links_modes_and_empty_directories() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work", "--specialist", "opt"]);
    assert_eq!(paths(&sandbox), ["snapshots/000_opt"]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/000_opt"));
    let manifest = sandbox.read(".lineage/snapshots/000_opt.manifest");
    let kinds: Vec<_> = manifest.lines().map(|line| line.split('\t').next().unwrap()).collect();
    assert_eq!(kinds, ["kind", "dir", "file", "link", "dir", "file", "file"]);
    assert!(sandbox.transcript(&["check"]).ends_with("= 0\n"));
}

#[test]
fn by_default_keeps_and_baselines_are_frozen_and_always_means_every_trial() {
    let sandbox = with_work();
    let log = |sandbox: &Sandbox| {
        append(sandbox, &["--metric", "3"]);
        append(sandbox, &["--metric", "2"]);
        append(sandbox, &["--metric", "2.5"]);
        sandbox.ok(&["append", "--status", "crash"]);
    };
    settings(&sandbox, "path = \"work\"");
    log(&sandbox);
    assert_eq!(paths(&sandbox), ["snapshots/000", "snapshots/001", "", ""]);
    let sandbox = with_work();
    settings(&sandbox, "path = \"work\"\nalways = true");
    log(&sandbox);
    assert_eq!(paths(&sandbox), ["snapshots/000", "snapshots/001", "snapshots/002", "snapshots/003"]);
    let quiet = sandbox.path(".lineage/snapshots");
    assert!(fs::read_dir(quiet).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with('.')));
}

#[test]
fn a_discard_is_logged_without_a_word_about_its_work() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3"]);
    let transcript = sandbox.transcript(&["append", "--status", "auto", "--metric", "3.5", "--snapshot", "work"]);
    assert!(transcript.ends_with("\n001\n= 0\n"), "{transcript}");
    assert!(!sandbox.path(".lineage/snapshots").exists());
}

#[test]
fn one_file_is_frozen_under_its_name() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work/train.py"]);
    assert_eq!(sandbox.tree(".lineage/snapshots/000"), "train.py 444 lr = 0.1\\n");
    assert_eq!(sandbox.ok(&["show", "0", "--file", "train.py"]), "lr = 0.1\n");
}

#[test]
fn what_is_ignored_and_git_and_the_store_are_left_out() {
    let sandbox = Sandbox::with_store();
    sandbox.write(".gitignore", "*.log\n/build/\n");
    sandbox.write(".lineageignore", "*.ckpt\n!best.ckpt\n");
    for name in ["a.py", "t.log", "build/x", "sub/build/x", "sub/u.log", "m.ckpt", "best.ckpt", ".GIT/HEAD", ".hidden"]
    {
        sandbox.write(name, name);
    }
    sandbox.write("sub/.git", "gitdir: elsewhere\n");
    append(&sandbox, &["--metric", "3", "--snapshot", "."]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/000"));
}

/// A pipe would keep its reader waiting for ever, and behind a link somebody else's file would decide.
#[test]
fn only_a_plain_and_short_ignore_file_counts() {
    let sandbox = with_work();
    sandbox.write("elsewhere", "*\n");
    symlink("../elsewhere", sandbox.path("work/.gitignore")).unwrap();
    sandbox.pipe("work/.lineageignore");
    sandbox.write("work/data/.gitignore", "*\n".repeat(600_000));
    let args = ["append", "--status", "keep", "--metric", "3", "--snapshot", "work"];
    assert_snapshot!(sandbox.transcript(&args));
    assert!(sandbox.path(".lineage/snapshots/000/data/empty").exists());
}

#[test]
fn what_lies_above_the_work_does_not_decide_what_is_frozen() {
    let sandbox = with_work();
    sandbox.write(".gitignore", "*\n");
    sandbox.write(".lineageignore", "*\n");
    sandbox.write(".ignore", "*\n");
    sandbox.write("work/.ignore", "*\n");
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    assert!(sandbox.path(".lineage/snapshots/000/train.py").exists());
}

#[test]
fn files_that_the_parent_has_are_shared_and_changed_ones_are_not() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    sandbox.write("work/train.py", "lr = 0.2\n"); // as long as before
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    let inode = |name: &str| fs::metadata(sandbox.path(&format!(".lineage/snapshots/{name}"))).unwrap().ino();
    assert_eq!(inode("000/run.sh"), inode("001/run.sh"));
    assert_ne!(inode("000/train.py"), inode("001/train.py"));
    assert_eq!(sandbox.read(".lineage/snapshots/000/train.py"), "lr = 0.1\n");
    assert_eq!(sandbox.read(".lineage/snapshots/001/train.py"), "lr = 0.2\n");
    // Of a discard, it is the nearest above that has one; and a copy elsewhere is known by what is in it.
    append(&sandbox, &["--metric", "5"]);
    sandbox.ok(&["checkout", "0", "copy"]);
    append(&sandbox, &["--metric", "1", "--parent", "2", "--snapshot", "copy"]);
    assert_eq!(inode("000/run.sh"), inode("003/run.sh"));
}

#[test]
fn a_file_that_was_tampered_with_or_has_other_permissions_is_not_shared() {
    let sandbox = with_work();
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    fs::set_permissions(&frozen, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&frozen, "lr = 9.9\n").unwrap();
    fs::set_permissions(sandbox.path("work/run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    assert_snapshot!(sandbox.tree(".lineage/snapshots/001"));
}

/// Unchanged files are known by their times, which say so only once they are a while old.
#[test]
fn a_settled_file_is_known_by_its_times_and_an_edit_that_hides_them_is_still_seen() {
    let sandbox = with_work();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let path = sandbox.path("work/train.py");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    sandbox.write("work/train.py", "lr = 0.7\n");
    fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    append(&sandbox, &["--metric", "2", "--snapshot", "work"]);
    assert_eq!(sandbox.read(".lineage/snapshots/001/train.py"), "lr = 0.7\n");
    let inode = |name: &str| fs::metadata(sandbox.path(&format!(".lineage/snapshots/{name}"))).unwrap().ino();
    assert_eq!(inode("000/run.sh"), inode("001/run.sh"));
}

#[test]
fn too_much_is_refused_before_anything_is_copied() {
    let sandbox = with_work();
    settings(&sandbox, "max_bytes = 5000");
    sandbox.write("work/model.bin", vec![0; 8000]);
    let args =
        ["append", "--status", "keep", "--metric", "3", "--snapshot", "work", "--timestamp", "2026-03-01T00:00:00Z"];
    assert_snapshot!(sandbox.transcript(&args));
    assert!(!sandbox.path(".lineage/snapshots").exists());
    sandbox.write("work/.lineageignore", "*.bin\n");
    sandbox.ok(&args);
    assert_eq!(paths(&sandbox), ["", "snapshots/001"], "the trial that had too much is not lost");
}

#[test]
fn a_trial_whose_work_cannot_be_frozen_is_logged_without_it() {
    let sandbox = with_work();
    sandbox.write("repo/.git/refs/head", "");
    sandbox.write("repo/.GIT/refs/head", "");
    fs::create_dir(sandbox.path(".lineage/snapshots")).unwrap();
    let sources = [
        "nowhere",
        ".lineage",
        ".lineage/snapshots",
        ".lineage/results.tsv",
        "repo/.git/refs",
        "repo/.GIT",
        "/dev/null",
    ];
    let transcript = |path: &str| {
        let base = ["append", "--status", "keep", "--metric", "2", "-q", "--timestamp", "2026-03-01T00:00:00Z"];
        sandbox.transcript(&[&base[..], &["--parent", "none", "--snapshot", path]].concat())
    };
    let transcripts: Vec<_> = sources.into_iter().map(transcript).collect();
    assert!(transcripts.iter().all(|transcript| transcript.ends_with("= 0\n")));
    assert_snapshot!(transcripts.join("\n"));
    assert_eq!(paths(&sandbox), [""; 7]);
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
}

#[test]
fn two_snapshots_of_one_trial_or_one_of_two_are_refused() {
    let sandbox = with_work();
    for args in [["--snapshot-path", "x"], ["--set", "snapshot_path=x"]] {
        let base = ["append", "--status", "keep", "--metric", "2", "--snapshot", "work"];
        let transcript = sandbox.transcript(&[&base[..], &args].concat());
        assert!(transcript.ends_with("= 2\n"), "{transcript}");
    }
    let two = "{\"status\":\"keep\",\"metric\":1}\n{\"status\":\"keep\",\"metric\":0}\n";
    let several = sandbox.transcript_with_stdin(&["append", "--json", "--snapshot", "work"], two);
    assert!(several.contains("of one trial") && several.ends_with("= 2\n"), "{several}");
    assert_eq!(sandbox.rows().len(), 0);
}

#[test]
fn a_log_without_a_store_or_without_the_column_has_no_snapshots() {
    let sandbox = with_work();
    sandbox.write("log.tsv", "exp_id\tstatus\tval_bpb\tsnapshot_path\n");
    sandbox.write("old.tsv", "exp_id\tstatus\tval_bpb\n");
    for (log, why) in [("log.tsv", "no store around it"), ("old.tsv", "no column `snapshot_path`")] {
        let args = ["append", "--store", log, "--status", "keep", "--metric", "1", "--snapshot", "work", "-q"];
        let transcript = sandbox.transcript(&[&args[..], &["--direction", "minimize"]].concat());
        assert!(transcript.contains(why) && transcript.ends_with("= 0\n"), "{transcript}");
    }
}

#[test]
fn one_json_trial_may_be_frozen_and_once_freezes_nothing_twice() {
    let sandbox = with_work();
    let json = "{\"status\":\"keep\",\"metric\":1,\"job_name\":\"j\"}";
    for _ in 0..2 {
        sandbox.lineage(&["append", "--json", "--once", "--snapshot", "work"]).write_stdin(json).assert().success();
    }
    assert_eq!(paths(&sandbox), ["snapshots/000"]);
    assert_eq!(fs::read_dir(sandbox.path(".lineage/snapshots")).unwrap().count(), 2);
}

#[test]
fn the_settings_freeze_one_json_trial_and_several_name_their_work_themselves() {
    let sandbox = with_work();
    settings(&sandbox, "path = \"work\"");
    let json = |text: &str| sandbox.lineage(&["append", "--json", "-q"]).write_stdin(text).assert().success();
    json("{\"status\":\"keep\",\"metric\":5}");
    json("{\"status\":\"keep\",\"metric\":4}\n{\"status\":\"keep\",\"metric\":3}");
    sandbox.write("other/f", "other\n");
    json(
        "{\"status\":\"keep\",\"metric\":2,\"snapshot\":\"work\"}\n{\"status\":\"keep\",\"metric\":1,\"snapshot\":\"other\"}",
    );
    assert_eq!(paths(&sandbox), ["snapshots/000", "", "", "snapshots/003", "snapshots/004"]);
    assert_eq!(sandbox.tree(".lineage/snapshots/004"), "f 444 other\\n");
}

/// What is printed where the log cannot be written holds where the work is, from wherever it is taken up again.
#[test]
fn a_trial_that_is_taken_up_again_has_its_work() {
    let sandbox = with_work();
    let log = fs::File::options().read(true).write(true).open(sandbox.log()).unwrap();
    log.lock().unwrap();
    let args = ["append", "--status", "keep", "--metric", "3", "--snapshot", "work", "--lock-timeout", "0"];
    let output = sandbox.lineage(&args).output().unwrap();
    log.unlock().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    let json = stderr.lines().find(|line| line.starts_with('{')).expect("the trial as JSON");
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
    let mut again = sandbox.lineage(&["append", "--json"]);
    again.current_dir(sandbox.path("work/data")).write_stdin(json).assert().success();
    assert_eq!(paths(&sandbox), ["snapshots/000"]);
    assert!(sandbox.path(".lineage/snapshots/000/train.py").exists());
}

#[test]
fn a_domain_is_free_text_and_its_snapshot_has_a_plain_name() {
    let sandbox = with_work();
    for domain in ["../../etc", "a\nb/c", "\u{202e}x", &"long".repeat(100)] {
        sandbox.ok(&["append", "--status", "keep", "--metric", "1", "-q", "--domain", domain, "--snapshot", "work"]);
    }
    assert_eq!(paths(&sandbox)[..3], ["snapshots/000_------etc", "snapshots/001_a-nb-c", "snapshots/002_-x"]);
    assert_eq!(paths(&sandbox)[3].len(), "snapshots/003_".len() + 64);
}

#[test]
fn odd_names_survive() {
    let sandbox = Sandbox::with_store();
    let names = ["a b", "new\nline", "tab\there", "\u{1b}[31mred", "back\\slash", "-dash", "quote\"", "ü"];
    for name in names {
        sandbox.write(&format!("work/{name}"), name);
    }
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    sandbox.ok(&["checkout", "0", "out"]);
    for name in names {
        assert_eq!(sandbox.read(&format!("out/{name}")), name);
    }
    assert!(sandbox.transcript(&["check"]).ends_with("= 0\n"));
}

#[test]
fn pipes_are_left_out_and_said_and_an_unreadable_file_is_an_error() {
    let sandbox = with_work();
    sandbox.pipe("work/pipe");
    let args = ["append", "--status", "keep", "--metric", "3", "--snapshot", "work"];
    assert_snapshot!(sandbox.transcript(&args));
    fs::set_permissions(sandbox.path("work/train.py"), fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(sandbox.path("work/train.py")).is_ok() {
        return skipped("nothing is unreadable for the user who runs the tests");
    }
    let transcript = sandbox.transcript(&args);
    assert!(transcript.contains("train.py: Permission denied") && transcript.ends_with("= 0\n"), "{transcript}");
}

#[test]
fn a_snapshot_whose_row_cannot_be_written_goes_again() {
    let sandbox = with_work();
    let script = "ulimit -f 1; exec \"$0\" append --status keep --metric 3 --notes \"$1\" --snapshot work";
    let mut shell = Command::new("sh");
    shell.args(["-c", script]).arg(assert_cmd::cargo::cargo_bin!("lineage")).arg("x".repeat(5000));
    let output = shell.current_dir(sandbox.path(".")).env_clear().output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(sandbox.tree(".lineage/snapshots"), "");
    assert_eq!(append(&sandbox, &["--metric", "3", "--snapshot", "work"]), "000\n");
}

#[test]
fn a_name_that_is_taken_is_left_alone() {
    let sandbox = with_work();
    sandbox.write(".lineage/snapshots/000/of/another", "keep me");
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    assert_eq!(paths(&sandbox), ["snapshots/000.2"]);
    assert_eq!(sandbox.tree(".lineage/snapshots/000"), "of/\nof/another 644 keep me");
}

#[test]
fn check_finds_what_is_gone_what_is_of_no_row_and_what_changed() {
    let sandbox = with_work();
    for metric in ["3", "2", "1", "0"] {
        append(&sandbox, &["--metric", metric, "--snapshot", "work"]);
    }
    let at = |name: &str| sandbox.path(&format!(".lineage/snapshots/{name}"));
    fs::rename(at("000"), at("nobody")).unwrap();
    fs::set_permissions(at("001/run.sh"), fs::Permissions::from_mode(0o755)).unwrap(); // shared by all
    fs::remove_file(at("001/train.py")).unwrap();
    fs::write(at("001/train.py"), "lr = 0.9\n").unwrap();
    fs::remove_file(at("001/data/link")).unwrap();
    fs::write(at("001/more"), "").unwrap();
    fs::remove_file(at("002/data/empty")).unwrap();
    symlink("/etc/passwd", at("002/data/empty")).unwrap();
    fs::remove_file(at("003.manifest")).unwrap();
    fs::write(at("004.manifest"), "of nothing").unwrap();
    assert_snapshot!(sandbox.transcript(&["check"]));
    assert_snapshot!(sandbox.transcript(&["check", "--format", "jsonl"]));
}

#[test]
fn many_writers_freeze_at_once() {
    let sandbox = with_work();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..5 {
                    sandbox.ok(&["append", "--status", "keep", "--metric", "1", "-q", "--snapshot", "work"]);
                }
            });
        }
    });
    let paths = paths(&sandbox);
    assert_eq!(paths, (0..40).map(|id| format!("snapshots/{id:03}")).collect::<Vec<_>>());
    assert!(sandbox.transcript(&["check"]).ends_with("40 rows, nothing is wrong\n= 0\n"));
    assert_eq!(fs::read_dir(sandbox.path(".lineage/snapshots")).unwrap().count(), 80);
}

#[test]
fn one_frozen_file_is_shown_to_the_byte() {
    let sandbox = with_work();
    let bytes = b"\x00\xff\x1b[31m no newline";
    sandbox.write("work/data/bytes", bytes);
    append(&sandbox, &["--metric", "3", "--snapshot", "work"]);
    let output = sandbox.lineage(&["show", "0", "--file", "data/bytes"]).output().unwrap();
    assert_eq!(output.stdout, bytes);
    assert_eq!(sandbox.ok(&["show", "0", "--file", "./train.py"]), "lr = 0.1\n");
    let at = |name: &str| sandbox.path(&format!(".lineage/snapshots/000/{name}"));
    fs::write(at("more"), "put there later\n").unwrap();
    fs::remove_file(at("run.sh")).unwrap();
    fs::write(at("run.sh"), "#!/bin/no\n").unwrap();
    let refused = ["train.pi", "data", "data/link", "nothing/x", "more", "run.sh"];
    let transcripts: Vec<_> = refused.iter().map(|path| sandbox.transcript(&["show", "0", "--file", path])).collect();
    assert_snapshot!(transcripts.join("\n"));
}

#[test]
fn a_base_that_was_tampered_with_behind_its_times_is_not_handed_on_where_the_work_is_read_anyway() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.ok(&["append", "--status", "keep", "--metric", "3", "--snapshot", "work"]);
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    let (before, mode) =
        (fs::metadata(&frozen).unwrap().modified().unwrap(), fs::metadata(&frozen).unwrap().permissions());
    fs::remove_file(&frozen).unwrap();
    fs::write(&frozen, "lr = 0.9\n").unwrap();
    fs::File::options().write(true).open(&frozen).unwrap().set_modified(before).unwrap();
    fs::set_permissions(&frozen, mode).unwrap();
    sandbox.write("work/train.py", "lr = 0.1\n"); // its times are others, and it is read
    sandbox.ok(&["append", "--status", "keep", "--metric", "2", "--snapshot", "work"]);
    assert_eq!(sandbox.read(".lineage/snapshots/001/train.py"), "lr = 0.1\n");
}

#[test]
#[cfg(target_os = "linux")]
fn times_are_not_trusted_where_files_are_in_memory_only() {
    let memory = std::process::Command::new("stat").args(["-f", "-c", "%T", "/dev/shm"]).output();
    if !memory.is_ok_and(|output| output.stdout == b"tmpfs\n") {
        return skipped("there is no tmpfs at /dev/shm");
    }
    let sandbox = Sandbox::with_store();
    let work = tempfile::tempdir_in("/dev/shm").unwrap();
    fs::write(work.path().join("train.py"), "lr = 0.1\n").unwrap();
    std::thread::sleep(std::time::Duration::from_millis(2100));
    let work = work.path().to_str().unwrap();
    for metric in ["3", "2"] {
        sandbox.ok(&["append", "--status", "keep", "--metric", metric, "--snapshot", work]);
    }
    for manifest in ["000", "001"] {
        let text = sandbox.read(&format!(".lineage/snapshots/{manifest}.manifest"));
        let line = text.lines().nth(1).unwrap();
        assert_eq!(line.split('\t').nth(5), Some(""), "{line}");
    }
}

#[test]
fn one_file_named_by_a_link_keeps_the_name_that_was_given() {
    let sandbox = Sandbox::with_store();
    sandbox.write("data/v7.py", "lr = 0.1\n");
    std::os::unix::fs::symlink("data/v7.py", sandbox.path("train.py")).unwrap();
    for metric in ["3", "2"] {
        sandbox.ok(&["append", "--status", "keep", "--metric", metric, "--snapshot", "train.py"]);
    }
    for name in ["000", "001"] {
        assert_eq!(sandbox.read(&format!(".lineage/snapshots/{name}/train.py")), "lr = 0.1\n");
        assert!(!sandbox.path(&format!(".lineage/snapshots/{name}/v7.py")).exists());
    }
}

/// A file system of 32 pages that is full but for `$1` of them; the log needs one more for the row.
const FULL_DISK: &str = r#"
mount -t tmpfs -o size=128k tmpfs disk || exit 99
cp -r .lineage disk && cd disk
head -c 1048576 /dev/zero >filler 2>/dev/null
truncate -s "-$(($1 * 4096))" filler
"$0" append --status keep --metric 1 --format json --snapshot ../work
code=$?
cp .lineage/results.tsv ../log
ls .lineage/snapshots >../left 2>/dev/null
exit $code"#;

#[test]
fn a_trial_is_logged_wherever_its_row_alone_has_room() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    fs::create_dir(sandbox.path("disk")).unwrap();
    sandbox.ok(&["append", "--status", "crash"]);
    let more = "n".repeat(4090 - sandbox.read_log().len());
    fs::write(sandbox.log(), sandbox.read_log().trim_end().to_owned() + &more + "\n").unwrap();
    let before = sandbox.read_log();
    let mut given_up = 0;
    for pages in 0..8 {
        let mut command = Command::new("unshare");
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", FULL_DISK]);
        command.arg(assert_cmd::cargo::cargo_bin!("lineage")).arg(pages.to_string()).current_dir(sandbox.path("."));
        let Ok(output) = command.output().map_err(drop).and_then(|output| match output.status.code() {
            Some(0 | 1) if sandbox.path("log").exists() => Ok(output),
            _ => Err(()),
        }) else {
            return skipped("no tmpfs can be mounted here");
        };
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if pages == 0 {
            assert_eq!((output.status.code(), sandbox.read("log")), (Some(1), before.clone()), "{stderr}");
            assert!(stderr.contains("No space left") && stderr.contains("\"snapshot\":"), "{stderr}");
            continue;
        }
        assert_eq!(output.status.code(), Some(0), "{pages} pages: {stderr}");
        assert_eq!(sandbox.read("log").lines().count(), 3);
        if stderr.contains("without its work") {
            assert_eq!(
                stderr.matches("warning: trial 001 is logged without its work, which is not frozen: ").count(),
                1
            );
            assert!(stdout.contains("\"snapshot_path\":null"), "{stdout}");
            assert_eq!(sandbox.read("left"), "");
            given_up += usize::from(stderr.contains("there is no room for it and the row"));
        } else {
            assert!(stdout.contains("\"snapshot_path\":\"snapshots/001\""), "{stdout}");
        }
    }
    assert!(given_up > 0, "no snapshot took the room of its row");
}
