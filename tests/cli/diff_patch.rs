//! A patch that `git apply` and `patch` accept.

use std::{
    fs,
    io::Write,
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
};

use insta::assert_snapshot;

use crate::{
    diff::search,
    sandbox::{Sandbox, skipped},
};

/// Applies the patch from `other` to `exp` in a directory `name` with the files of `other`; false where the program is missing.
pub(crate) fn apply(
    sandbox: &Sandbox,
    program: &[&str],
    other: &str,
    exp: &str,
    name: &str,
) -> bool {
    sandbox.ok(&["checkout", other, name, "-q"]);
    apply_in(sandbox, program, other, exp, name)
}

/// The same in a directory that is there.
fn apply_in(sandbox: &Sandbox, program: &[&str], other: &str, exp: &str, name: &str) -> bool {
    let patch = sandbox
        .lineage(&["diff", exp, other, "-q"])
        .output()
        .unwrap()
        .stdout;
    let mut command = Command::new(program[0]);
    command
        .args(&program[1..])
        .current_dir(sandbox.path(name))
        .stdin(Stdio::piped())
        .stdout(Stdio::null());
    let Ok(mut child) = command
        .env("GIT_CEILING_DIRECTORIES", sandbox.path("."))
        .spawn()
    else {
        return false;
    };
    child.stdin.take().unwrap().write_all(&patch).unwrap();
    assert!(
        child.wait().unwrap().success(),
        "{program:?}: {}",
        String::from_utf8_lossy(&patch)
    );
    true
}

#[test]
fn git_apply_takes_the_patch_whatever_it_cannot_hold() {
    let sandbox = search();
    for (other, exp) in [("0", "1"), ("1", "3")] {
        let (tree, wanted) = (format!("tree{exp}"), format!("wanted{exp}"));
        if !apply(&sandbox, &["git", "apply", "-"], other, exp, &tree) {
            return skipped("this system has no git");
        }
        sandbox.ok(&["checkout", exp, &wanted, "-q"]);
        for tree in [&tree, &wanted] {
            fs::remove_file(sandbox.path(&format!("{tree}/model.bin"))).unwrap(); // named in the patch, and not in it
        }
        assert_eq!(sandbox.tree(&tree), sandbox.tree(&wanted));
    }
}

#[test]
fn git_and_patch_take_links_that_turn_and_empty_files_with_spaces() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    sandbox.write("work/mo de", "");
    symlink("train.py", sandbox.path("work/li nk")).unwrap();
    sandbox.freeze(&["--metric", "2"]);
    fs::set_permissions(
        sandbox.path("work/mo de"),
        fs::Permissions::from_mode(0o755),
    )
    .unwrap();
    sandbox.write("work/ne w", "");
    for name in ["li nk", "new link"] {
        let _ = fs::remove_file(sandbox.path("work").join(name));
        symlink("turns.py", sandbox.path("work").join(name)).unwrap();
    }
    sandbox.freeze(&["--metric", "1"]);
    assert_snapshot!(sandbox.transcript(&["diff", "1"]));
    sandbox.ok(&["checkout", "0", "before", "-q"]);
    if apply(&sandbox, &["git", "apply", "-"], "0", "1", "git") {
        assert_eq!(sandbox.tree("git"), sandbox.tree("work"));
        assert!(apply_in(
            &sandbox,
            &["git", "apply", "-R", "-"],
            "0",
            "1",
            "git"
        ));
        assert_eq!(sandbox.tree("git"), sandbox.tree("before"));
    } else {
        skipped("this system has no git");
    }
    // Back again it does not go: `patch` deletes no empty file.
    if apply(&sandbox, &["patch", "-p1", "-s"], "0", "1", "patch") {
        assert_eq!(sandbox.tree("patch"), sandbox.tree("work"));
    } else {
        skipped("this system has no patch");
    }
}

#[test]
fn git_takes_a_directory_that_is_a_file_now() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/turns/a b/c", "c\n");
    sandbox.freeze(&["--metric", "2"]);
    fs::remove_dir_all(sandbox.path("work/turns")).unwrap();
    sandbox.write("work/turns", "a file\n");
    sandbox.freeze(&["--metric", "1"]);
    if !apply(&sandbox, &["git", "apply", "-"], "0", "1", "tree") {
        return skipped("this system has no git");
    }
    assert_eq!(sandbox.read("tree/turns"), "a file\n");
    assert!(apply_in(
        &sandbox,
        &["git", "apply", "-R", "-"],
        "0",
        "1",
        "tree"
    ));
    assert_eq!(sandbox.read("tree/turns/a b/c"), "c\n");
}

/// A name ends at a space, and a change of the mode alone has no lines: both are read again from the head.
#[test]
fn names_with_spaces_can_be_patched() {
    let sandbox = Sandbox::with_store();
    for (metric, text, mode) in [
        ("3", "one\n", 0o644),
        ("2", "two\n", 0o755),
        ("1", "three\n", 0o755),
    ] {
        sandbox.write("work/a b/c d.txt", text);
        sandbox.write("work/a b.sh", "same\n");
        sandbox.write("work/a b.z.bin", format!("\0{text}"));
        fs::set_permissions(
            sandbox.path("work/a b.sh"),
            fs::Permissions::from_mode(mode),
        )
        .unwrap();
        sandbox.freeze(&["--metric", metric]);
    }
    assert_snapshot!(sandbox.transcript(&["diff", "1"]));
    if apply(&sandbox, &["git", "apply", "-"], "0", "1", "git") {
        assert_eq!(sandbox.read("git/a b/c d.txt"), "two\n");
        assert_eq!(
            fs::metadata(sandbox.path("git/a b.sh"))
                .unwrap()
                .permissions()
                .mode()
                & 0o777,
            0o755
        );
    } else {
        skipped("this system has no git");
    }
    // `patch` cannot find a file with a space whose mode alone changes, not even in a patch of git's.
    if apply(&sandbox, &["patch", "-p1", "-s"], "1", "2", "patch") {
        assert_eq!(sandbox.read("patch/a b/c d.txt"), "three\n");
    } else {
        skipped("this system has no patch");
    }
}

#[test]
fn odd_names_and_bytes_reach_a_pipe_as_git_would_write_them() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/new\nline", "a\n");
    sandbox.write("work/\u{1b}[31mred", b"latin \xe9\n");
    sandbox.freeze(&["--metric", "3"]);
    sandbox.write("work/new\nline", "b\n");
    sandbox.write("work/\u{1b}[31mred", b"latin \xe8\n");
    sandbox.freeze(&["--metric", "2"]);
    assert_snapshot!(sandbox.transcript(&["diff", "1", "--stat"]));
    let names = sandbox.ok(&["diff", "1", "--name-only", "--format", "jsonl"]);
    assert_eq!(
        names, "{\"path\":\"\\u001b[31mred\"}\n{\"path\":\"new\\nline\"}\n",
        "a script gets them as they are"
    );
    sandbox.write("work/\"", "a\n");
    sandbox.freeze(&["--metric", "1"]);
    assert_eq!(
        sandbox.ok(&["diff", "2", "--name-only", "--format", "tsv"]),
        "path\n\"\"\"\"\n"
    );
    let patch = sandbox.lineage(&["diff", "1"]).output().unwrap().stdout;
    assert!(memchr::memmem::find(&patch, b"-latin \xe9\n+latin \xe8\n").is_some());
    assert!(memchr::memmem::find(&patch, b"--- \"000/new\\nline\"\n").is_some());
}
