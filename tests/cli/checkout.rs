use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
};

use insta::assert_snapshot;

use crate::sandbox::Sandbox;

fn frozen() -> Sandbox {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/run.sh", "#!/bin/sh\n");
    fs::set_permissions(sandbox.path("work/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    sandbox.write("work/sub/data", "1\n");
    fs::create_dir(sandbox.path("work/empty")).unwrap();
    symlink("sub/data", sandbox.path("work/link")).unwrap();
    sandbox.ok(&["append", "--status", "auto", "--metric", "3", "--snapshot", "work"]);
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
    assert_eq!(sandbox.read(".lineage/snapshots/000/train.py"), "lr = 0.1\n");
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
    sandbox.write("work/run.sh/deep/file", "mine, in a directory where a file should be\n");
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
    sandbox.ok(&["append", "--status", "auto", "--metric", "2", "--snapshot", "work"]);
    assert!(!sandbox.path(".lineage/snapshots/001/.lineage-aside-1").exists(), "what gave way is no work");
}

#[test]
fn clean_moves_away_what_the_snapshot_does_not_have_but_not_what_is_ignored() {
    let sandbox = frozen();
    sandbox.write("work/.gitignore", "*.ckpt\n");
    sandbox.write("work/extra.py", "extra\n");
    sandbox.write("work/new/deep/file", "extra\n");
    sandbox.write("work/new/model.ckpt", "ignored\n");
    sandbox.write("work/gone/file", "extra\n");
    sandbox.write("work/.git/HEAD", "ref\n");
    symlink("/etc/passwd", sandbox.path("work/stray")).unwrap();
    assert_snapshot!(sandbox.transcript(&["checkout", "0", "work", "--clean"]));
    assert_snapshot!(sandbox.tree("work"));
}

#[test]
fn clean_takes_the_same_care() {
    let sandbox = frozen();
    sandbox.write("work/extra.py", "extra\n");
    sandbox.write("work/train.py", "mine\n");
    let before = sandbox.tree("work");
    assert!(sandbox.transcript(&["checkout", "0", "work", "--clean"]).ends_with("= 1\n"));
    assert_eq!(sandbox.tree("work"), before);
    sandbox.ok(&["checkout", "0", "work", "--clean", "--force"]);
    assert_eq!(sandbox.read("work/.lineage-aside-1/extra.py"), "extra\n");
    assert_eq!(sandbox.read("work/.lineage-aside-1/train.py"), "mine\n");
}

#[test]
fn the_store_in_the_directory_is_neither_frozen_nor_cleaned() {
    let sandbox = Sandbox::with_store();
    sandbox.write("train.py", "one\n");
    sandbox.ok(&["append", "--status", "auto", "--metric", "3", "--snapshot", "."]);
    sandbox.write("train.py", "two\n");
    sandbox.write("extra.py", "two\n");
    sandbox.ok(&["checkout", "0", ".", "--force", "--clean"]);
    assert_eq!(sandbox.read("train.py"), "one\n");
    assert!(!sandbox.path("extra.py").exists());
    assert_eq!(sandbox.rows().len(), 1);
}

#[test]
fn permissions_come_back_without_a_fuss() {
    let sandbox = frozen();
    fs::set_permissions(sandbox.path("work/run.sh"), fs::Permissions::from_mode(0o640)).unwrap();
    sandbox.ok(&["checkout", "0", "work"]);
    assert_eq!(fs::metadata(sandbox.path("work/run.sh")).unwrap().permissions().mode() & 0o777, 0o755);
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
    for args in [["checkout", "9", "out"], ["checkout", "1", "out"], ["checkout", "0", "file"], ["checkout", "", "out"]]
    {
        assert_snapshot!(sandbox.transcript(&args));
    }
}
