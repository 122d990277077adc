//! The working directory in a prompt.

use std::fs;

use insta::assert_snapshot;

use crate::render::fixture;
use crate::sandbox::Sandbox;

#[test]
fn a_workdir_is_listed_and_recognized_as_the_snapshot_of_a_keep() {
    let sandbox = fixture("small");
    fs::create_dir_all(sandbox.path("work/sub")).unwrap();
    fs::write(
        sandbox.path("work/train.py"),
        "\n\"\"\"Trains `it`.\"\"\"\nimport x\n",
    )
    .unwrap();
    sandbox.write(
        "work/.lineage-aside-1/train.py",
        "a backup, which is not listed",
    );
    fs::write(sandbox.path("work/data.bin"), b"\0\x01\x02").unwrap();
    fs::write(sandbox.path("work/empty"), "").unwrap();
    fs::write(sandbox.path("work/sub/a.txt"), "a").unwrap();
    let args = [
        "render",
        "--for",
        "opt",
        "--sections",
        "workdir",
        "--workdir",
        "work",
    ];
    assert_snapshot!(sandbox.transcript(&args));
    let snapshot = sandbox.path(".lineage/snapshots/004_opt");
    fs::create_dir_all(snapshot.join("sub")).unwrap();
    for file in ["train.py", "data.bin", "empty", "sub/a.txt"] {
        fs::copy(sandbox.path("work").join(file), snapshot.join(file)).unwrap();
    }
    let shown = sandbox.ok(&args);
    assert!(
        shown.contains("`work`: an unchanged copy of the snapshot of trial 004."),
        "{shown}"
    );
    fs::write(sandbox.path("work/sub/a.txt"), "b").unwrap();
    assert!(!sandbox.ok(&args).contains("snapshot"));
    assert_snapshot!(sandbox.transcript(&["render", "--for", "opt", "--workdir", "nowhere"]));
}

/// "Unchanged" means what `checkout` would call unchanged: modes, links and directories count, too.
#[test]
fn a_workdir_is_unchanged_only_if_a_checkout_would_leave_it_alone() {
    let sandbox = Sandbox::with_store();
    sandbox.write("work/train.py", "lr = 0.1\n");
    std::os::unix::fs::symlink("train.py", sandbox.path("work/link")).unwrap();
    sandbox.ok(&[
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        "work",
    ]);
    sandbox.ok(&["checkout", "0", "copy"]);
    let is_unchanged = || {
        let args = [
            "render",
            "--for",
            "opt",
            "--sections",
            "workdir",
            "--workdir",
            "copy",
        ];
        sandbox
            .ok(&args)
            .contains("unchanged copy of the snapshot of trial 000")
    };
    assert!(is_unchanged());
    fs::remove_file(sandbox.path("copy/link")).unwrap();
    assert!(!is_unchanged(), "a link is missing");
    std::os::unix::fs::symlink("elsewhere", sandbox.path("copy/link")).unwrap();
    assert!(!is_unchanged(), "the link has another target");
    sandbox.ok(&["checkout", "0", "copy", "--force"]);
    assert!(is_unchanged());
    fs::create_dir(sandbox.path("copy/new")).unwrap();
    assert!(!is_unchanged(), "there is a new directory");
    fs::remove_dir(sandbox.path("copy/new")).unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(sandbox.path("copy/train.py"), executable).unwrap();
    assert!(!is_unchanged(), "a file is executable now");
    sandbox.ok(&["checkout", "0", "copy", "--force"]);
    fs::rename(
        sandbox.path(".lineage/snapshots"),
        sandbox.path("elsewhere"),
    )
    .unwrap();
    std::os::unix::fs::symlink(
        sandbox.path("elsewhere"),
        sandbox.path(".lineage/snapshots"),
    )
    .unwrap();
    assert!(
        !is_unchanged(),
        "no link on the way to a snapshot is followed"
    );
}

#[test]
fn a_snapshot_path_outside_the_store_is_not_followed() {
    let sandbox = fixture("small");
    let log = sandbox
        .read_log()
        .replace("snapshots/010_opt", "../outside");
    fs::write(sandbox.log(), log).unwrap();
    for dir in ["outside", "work"] {
        fs::create_dir(sandbox.path(dir)).unwrap();
        fs::write(sandbox.path(dir).join("a"), "a").unwrap();
    }
    let shown = sandbox.ok(&[
        "render",
        "--for",
        "opt",
        "--sections",
        "workdir",
        "--workdir",
        "work",
    ]);
    assert!(!shown.contains("snapshot"), "{shown}");
}
