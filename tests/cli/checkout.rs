use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

pub(crate) fn frozen() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/run.sh", "#!/bin/sh\n");
    fs::set_permissions(
        sandbox.path("work/run.sh"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    sandbox.write("work/sub/data", "1\n");
    fs::create_dir(sandbox.path("work/empty")).unwrap();
    symlink("sub/data", sandbox.path("work/link")).unwrap();
    sandbox.freeze(&["--metric", "3"]);
    sandbox
}

#[test]
fn what_comes_back_is_what_was_frozen_and_can_be_written_to() {
    let sandbox = frozen();
    assert_snapshot!(sandbox.transcript(&["checkout", "exp_0", "some/where"]));
    assert_eq!(sandbox.tree("some/where"), sandbox.tree("work"));
    let inode = |name: &str| fs::metadata(sandbox.path(name)).unwrap().ino();
    assert_ne!(
        inode("some/where/train.py"),
        inode(".lineage/snapshots/000/train.py"),
        "an edit would reach the snapshot"
    );
    sandbox.write("some/where/train.py", "lr = 9\n");
    assert_eq!(
        sandbox.read(".lineage/snapshots/000/train.py"),
        "lr = 0.1\n"
    );
}

#[test]
fn the_old_name_of_the_command_is_taken() {
    let sandbox = frozen();
    assert_eq!(sandbox.ok(&["rebase-to", "0", "out"]), "000\n");
    assert_eq!(sandbox.tree("out"), sandbox.tree("work"));
}

#[test]
fn what_differs_is_not_overwritten_and_with_force_it_is_kept_aside() {
    let sandbox = frozen();
    sandbox.write("work/train.py", "lr = 0.2, mine\n");
    sandbox.write("work/empty/file", "mine, and in nobody's way\n");
    fs::remove_dir_all(sandbox.path("work/sub")).unwrap();
    sandbox.write("work/sub", "mine, where a directory should be\n");
    fs::remove_file(sandbox.path("work/run.sh")).unwrap();
    sandbox.write(
        "work/run.sh/deep/file",
        "mine, in a directory where a file should be\n",
    );
    let before = sandbox.tree("work");
    assert_snapshot!(sandbox.transcript(&["checkout", "0", "work"]));
    assert_eq!(sandbox.tree("work"), before, "a refusal changes nothing");
    assert_snapshot!(sandbox.transcript(&["checkout", "0", "work", "--force"]));
    assert_snapshot!(sandbox.tree("work"));
    assert_snapshot!(sandbox.transcript(&["checkout", "0", "work"]));
}

#[test]
fn a_second_force_has_a_place_of_its_own() {
    let sandbox = frozen();
    for text in ["first\n", "second\n"] {
        sandbox.write("work/train.py", text);
        sandbox.ok(&["checkout", "0", "work", "--force"]);
    }
    assert_eq!(sandbox.read("work/.lineage-aside-1/train.py"), "first\n");
    assert_eq!(sandbox.read("work/.lineage-aside-2/train.py"), "second\n");
    sandbox.freeze(&["--metric", "2"]);
    assert!(
        !sandbox
            .path(".lineage/snapshots/001/.lineage-aside-1")
            .exists(),
        "what gave way is no work"
    );
}

#[test]
fn the_last_three_backups_stay_and_prune_removes_them() {
    let sandbox = frozen();
    let backups = |sandbox: &Sandbox| {
        let dir = fs::read_dir(sandbox.path("work")).unwrap();
        let names = dir.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name.contains("-aside-")).collect();
        names.sort();
        names
    };
    let force = |sandbox: &Sandbox, more: &[&str]| {
        sandbox.write("work/train.py", "mine\n");
        let args = [&["checkout", "0", "work", "--force", "-q"], more].concat();
        assert_eq!(sandbox.transcript(&args).matches('!').count(), 0, "quiet");
    };
    for _ in 0..11 {
        force(&sandbox, &[]);
    }
    let kept = [".lineage-aside-10", ".lineage-aside-11", ".lineage-aside-9"];
    assert_eq!(backups(&sandbox), kept);
    force(&sandbox, &["--prune"]);
    assert_eq!(backups(&sandbox), [".lineage-aside-12"]);
    symlink("sub", sandbox.path("work/.lineage-aside-13")).unwrap();
    sandbox.write("work/.lineage-aside-mine/file", "not of a checkout\n");
    let removed = sandbox.ok(&["checkout", "--prune", "work"]);
    assert_eq!(removed, "work/.lineage-aside-12\n");
    assert_eq!(
        backups(&sandbox),
        [".lineage-aside-13", ".lineage-aside-mine"]
    );
    assert_eq!(sandbox.ok(&["checkout", "--prune", "work"]), "");
    assert!(sandbox.transcript(&["checkout", "0"]).ends_with("= 2\n"));
}

#[test]
fn clean_moves_away_what_the_snapshot_does_not_have_but_not_what_is_ignored() {
    let sandbox = frozen();
    sandbox.write("work/.gitignore", "*.ckpt\n");
    sandbox.freeze(&["--metric", "2"]);
    sandbox.write("work/extra.py", "extra\n");
    sandbox.write("work/new/deep/file", "extra\n");
    sandbox.write("work/new/model.ckpt", "ignored\n");
    sandbox.write("work/gone/file", "extra\n");
    sandbox.write("work/.git/HEAD", "ref\n");
    symlink("/etc/passwd", sandbox.path("work/stray")).unwrap();
    assert_snapshot!(sandbox.transcript(&["checkout", "1", "work", "--clean"]));
    assert_snapshot!(sandbox.tree("work"));
}

#[test]
fn what_is_ignored_is_what_the_snapshot_ignores() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/.gitignore", "*.ckpt\n");
    sandbox.write("work/train.py", "one\n");
    sandbox.freeze(&["--metric", "3"]);
    sandbox.write("work/model.ckpt", "ignored by the trial\n");
    sandbox.write("work/secret.env", "ignored by what came later\n");
    sandbox.write("work/.gitignore", "*.env\n");
    let transcript = sandbox.transcript(&["checkout", "0", "work", "--force"]);
    assert!(
        transcript
            .contains("1 file no longer ignored, such as secret.env: part of the next snapshot"),
        "{transcript}"
    );
    sandbox.write("work/.gitignore", "*.env\n");
    let transcript = sandbox.transcript(&["checkout", "0", "work", "--force", "--clean"]);
    assert!(
        transcript.contains("1 file no longer ignored, such as secret.env: moved to the backup"),
        "{transcript}"
    );
    assert_eq!(sandbox.read("work/model.ckpt"), "ignored by the trial\n");
    assert!(!sandbox.path("work/secret.env").exists());
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "2",
        "--snapshot",
        "work",
    ]);
    assert_eq!(
        sandbox.tree(".lineage/snapshots/001"),
        sandbox.tree(".lineage/snapshots/000")
    );
}

#[test]
fn clean_takes_the_same_care() {
    let sandbox = frozen();
    sandbox.write("work/extra.py", "extra\n");
    sandbox.write("work/train.py", "mine\n");
    let before = sandbox.tree("work");
    assert!(
        sandbox
            .transcript(&["checkout", "0", "work", "--clean"])
            .ends_with("= 1\n")
    );
    assert_eq!(sandbox.tree("work"), before);
    sandbox.ok(&["checkout", "0", "work", "--clean", "--force"]);
    assert_eq!(sandbox.read("work/.lineage-aside-1/extra.py"), "extra\n");
    assert_eq!(sandbox.read("work/.lineage-aside-1/train.py"), "mine\n");
}

#[test]
fn the_store_in_the_directory_is_neither_frozen_nor_cleaned() {
    let sandbox = Sandbox::with_store();
    sandbox.write("train.py", "one\n");
    sandbox.ok(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "3",
        "--snapshot",
        ".",
    ]);
    sandbox.write("train.py", "two\n");
    sandbox.write("extra.py", "two\n");
    sandbox.ok(&["checkout", "0", ".", "--force", "--clean"]);
    assert_eq!(sandbox.read("train.py"), "one\n");
    assert!(!sandbox.path("extra.py").exists());
    assert_eq!(sandbox.rows().len(), 1);
}

#[test]
fn a_frozen_file_that_changed_is_not_passed_off_as_the_old_one() {
    let sandbox = frozen();
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    fs::remove_file(&frozen).unwrap();
    fs::write(&frozen, "lr = 0.9\n").unwrap();
    assert_snapshot!(sandbox.transcript(&["checkout", "0", "out"]));
    assert!(!sandbox.path("out/train.py").exists());
}

#[test]
fn what_is_not_there_is_said() {
    let sandbox = frozen();
    sandbox.ok(&["append", "--status", "crash"]);
    sandbox.write("file", "");
    for args in [
        ["checkout", "9", "out"],
        ["checkout", "1", "out"],
        ["checkout", "0", "file"],
        ["checkout", "", "out"],
    ] {
        assert_snapshot!(sandbox.transcript(&args));
    }
}

/// A store in a directory of its own, whose snapshot has a file of the same name as the directory.
pub(crate) fn frozen_under_the_name_of_the_stores_directory() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.ok(&[
        "init",
        "live/.lineage",
        "--metric",
        "val_loss",
        "--direction",
        "minimize",
    ]);
    sandbox.write("work/live", "a file\n");
    sandbox.freeze(&["--store", "live", "--metric", "3"]);
    sandbox
}

#[test]
fn what_holds_the_store_never_gives_way() {
    let sandbox = frozen_under_the_name_of_the_stores_directory();
    let before = sandbox.tree("live");
    let transcript = sandbox.transcript(&[
        "checkout", "0", ".", "--force", "--clean", "--store", "live",
    ]);
    assert!(
        transcript.contains("live is or contains the store") && transcript.ends_with("= 1\n"),
        "{transcript}"
    );
    assert_eq!(sandbox.tree("live"), before);
    assert!(!sandbox.path(".lineage-aside-1").exists());
}

#[test]
fn a_link_on_the_way_to_the_store_and_a_log_behind_one_stay() {
    let sandbox = frozen_under_the_name_of_the_stores_directory();
    fs::rename(sandbox.path("live"), sandbox.path("elsewhere")).unwrap();
    symlink("elsewhere", sandbox.path("live")).unwrap();
    let transcript = sandbox.transcript(&["checkout", "0", ".", "--force", "--store", "live"]);
    assert!(
        transcript.contains("live, which a checkout never writes to")
            && transcript.ends_with("= 1\n"),
        "{transcript}"
    );

    let sandbox = frozen();
    fs::rename(sandbox.log(), sandbox.path("work/log.tsv")).unwrap();
    symlink(sandbox.path("work/log.tsv"), sandbox.log()).unwrap();
    sandbox.ok(&["checkout", "0", "work", "--force", "--clean"]);
    assert_eq!(
        sandbox.rows().len(),
        1,
        "the log is in the directory, and is no work"
    );
}

#[test]
fn all_that_is_frozen_is_checked_before_anything_is_touched() {
    let sandbox = frozen();
    sandbox.write("out/run.sh", "mine\n");
    let frozen = sandbox.path(".lineage/snapshots/000/train.py");
    fs::remove_file(&frozen).unwrap();
    fs::write(&frozen, "lr = 0.9\n").unwrap(); // as long as before, and the last to be written
    let before = sandbox.tree("out");
    let transcript = sandbox.transcript(&["checkout", "0", "out", "--force"]);
    assert!(
        transcript
            .contains("the snapshot of trial 000 is damaged: train.py has different contents"),
        "{transcript}"
    );
    assert_eq!(sandbox.tree("out"), before);
    sandbox.transcript(&["checkout", "0", "new/deep"]);
    assert!(
        !sandbox.path("new").exists(),
        "a refused checkout makes no directory"
    );
}

#[test]
fn a_directory_that_cannot_be_is_said() {
    let sandbox = frozen();
    symlink("nowhere", sandbox.path("dangling")).unwrap();
    for (dir, why) in [
        ("dangling", "a symbolic link to nothing"),
        ("no/../such", "not there"),
        ("work/train.py", "not a directory"),
    ] {
        let transcript = sandbox.transcript(&["checkout", "0", dir, "--force"]);
        assert!(
            transcript.contains(why) && transcript.ends_with("= 1\n"),
            "{transcript}"
        );
    }
    assert!(!sandbox.path("nowhere").exists());
}
