//! A store in a git repository: linked worktrees share it, and cleaning up does not delete it.

use insta::assert_snapshot;

use crate::sandbox::{Sandbox, skipped};

fn git(sandbox: &Sandbox, dir: &str, args: &[&str]) {
    let mut command = sandbox.command("git");
    command.current_dir(sandbox.path(dir));
    command.args(["-c", "user.email=a@b", "-c", "user.name=n"]);
    let output = command.args(args).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {args:?}: {stderr}");
}

/// A repository in `main` with one commit; `None` without git.
fn repository() -> Option<Sandbox> {
    let sandbox = Sandbox::new();
    if sandbox.command("git").arg("--version").output().is_err() {
        skipped("no git");
        return None;
    }
    sandbox.write("main/sub/train.py", "1\n");
    git(&sandbox, "main", &["init", "-q"]);
    git(&sandbox, "main", &["add", "."]);
    git(&sandbox, "main", &["commit", "-qm", "start"]);
    Some(sandbox)
}

/// Runs the program in a directory: stdout and stderr.
fn run_in(sandbox: &Sandbox, dir: &str, args: &[&str]) -> String {
    let mut command = sandbox.lineage(args);
    let output = command.current_dir(sandbox.path(dir)).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let root = sandbox.path("").canonicalize().unwrap();
    let root = root.to_string_lossy();
    text.replace(root.trim_end_matches('/'), "[DIR]")
}

#[test]
fn a_linked_worktree_uses_the_store_of_the_main_one() {
    let Some(sandbox) = repository() else { return };
    run_in(&sandbox, "main", &["init"]);
    for worktree in ["../agent1", "agents/2"] {
        git(&sandbox, "main", &["worktree", "add", "-q", worktree]);
    }
    let time = "2026-03-01T00:00:00Z";
    let append = [
        "append",
        "--timestamp",
        time,
        "--status",
        "auto",
        "--metric",
    ];
    for (dir, score, id) in [
        ("main", "3", "000"),
        ("agent1", "2", "001"),
        ("agent1/sub", "1", "002"),
        ("main/agents/2/sub", "0", "003"),
    ] {
        let said = run_in(&sandbox, dir, &[&append[..], &[score]].concat());
        assert!(said.starts_with(&format!("{id}\n")), "{dir}: {said}");
    }
    assert_snapshot!(run_in(
        &sandbox,
        "agent1/sub",
        &["diff", "2", "--columns", "--format", "tsv"]
    ));
    assert_snapshot!(run_in(&sandbox, "agent1", &["init"]));
    assert!(!sandbox.path("agent1/.lineage").exists());
    // A store in a subdirectory of the main worktree is that of the same subdirectory.
    run_in(&sandbox, "main/sub", &["init"]);
    assert_eq!(run_in(&sandbox, "agent1/sub", &["tail", "-q"]), "");
}

#[test]
fn an_import_uses_the_store_of_other_commands() {
    let Some(sandbox) = repository() else { return };
    git(&sandbox, "main", &["worktree", "add", "-q", "../agent1"]);
    let log = "commit,loss,status\na,3,keep\n";
    let import = ["import", "log.csv"];
    for dir in ["main/sub", "agent1", "other"] {
        sandbox.write(&format!("{dir}/log.csv"), log);
    }
    run_in(&sandbox, "main", &["init", "--metric", "loss"]);
    let shown = run_in(&sandbox, "agent1", &import);
    let added = "rows out   1 to [DIR]/main/.lineage\n";
    assert!(
        shown.contains(added) && shown.contains("using the store of the main worktree"),
        "{shown}"
    );
    let shown = run_in(&sandbox, "main/sub", &import);
    assert!(
        shown.contains("known      1 already in the store"),
        "{shown}"
    );
    assert!(
        !sandbox.path("agent1/.lineage").exists() && !sandbox.path("main/sub/.lineage").exists()
    );
    assert!(run_in(&sandbox, "other", &import).contains("rows out   1 to .lineage\n"));
}

#[test]
fn the_path_of_the_settings_is_that_of_the_worktree() {
    let Some(sandbox) = repository() else { return };
    run_in(&sandbox, "main", &["init"]);
    git(&sandbox, "main", &["worktree", "add", "-q", "../agent1"]);
    let settings = sandbox.read("main/.lineage/lineage.toml");
    let settings = settings.replace("[snapshot]", "[snapshot]\npath = \"sub\"");
    sandbox.write("main/.lineage/lineage.toml", settings);
    sandbox.write("agent1/sub/train.py", "2\n");
    run_in(
        &sandbox,
        "agent1",
        &["append", "--status", "auto", "--metric", "1"],
    );
    assert_eq!(
        run_in(&sandbox, "main", &["show", "0", "--file", "train.py"]),
        "2\n"
    );
}

#[test]
fn a_worktree_without_any_store_names_the_place_for_a_shared_one() {
    let Some(sandbox) = repository() else { return };
    git(&sandbox, "main", &["worktree", "add", "-q", "../agent1"]);
    assert_snapshot!(run_in(&sandbox, "agent1", &["best"]));
    assert_snapshot!(run_in(&sandbox, "agent1", &["init"]));
}

#[test]
fn a_store_among_other_files_ignores_only_its_own() {
    let Some(sandbox) = repository() else { return };
    run_in(&sandbox, "main", &["init", "sub"]);
    run_in(
        &sandbox,
        "main",
        &["--store", "sub", "append", "--status", "crash"],
    );
    sandbox.write("main/sub/new.py", "");
    git(&sandbox, "main", &["add", "."]);
    git(&sandbox, "main", &["clean", "-fdq"]);
    let tracked = sandbox
        .command("git")
        .args(["-C", "main", "ls-files"])
        .output();
    assert_eq!(
        String::from_utf8_lossy(&tracked.unwrap().stdout),
        "sub/new.py\nsub/train.py\n"
    );
    assert!(run_in(&sandbox, "main", &["--store", "sub", "check"]).contains("1 row, no problems"));
}

#[test]
fn cleaning_a_repository_leaves_the_store() {
    let Some(sandbox) = repository() else { return };
    assert_snapshot!(run_in(&sandbox, "main", &["init"]));
    run_in(
        &sandbox,
        "main",
        &["append", "--status", "auto", "--metric", "1"],
    );
    git(&sandbox, "main", &["clean", "-fdq"]);
    git(&sandbox, "main", &["stash", "-uq"]);
    assert_eq!(
        run_in(&sandbox, "main", &["best", "--field", "exp_id"]),
        "000\n"
    );
    let ignored = sandbox
        .command("git")
        .current_dir(sandbox.path("main"))
        .args(["status", "--porcelain"])
        .output();
    assert_eq!(ignored.unwrap().stdout, b"");
}

#[test]
fn a_store_that_was_cloned_is_intact() {
    let Some(sandbox) = repository() else { return };
    sandbox.write("main/model/run.sh", "x");
    sandbox.ok(&["init", "main/.lineage"]);
    std::fs::create_dir(sandbox.path("main/model/empty")).unwrap();
    for score in ["2", "1"] {
        run_in(
            &sandbox,
            "main",
            &[
                "append",
                "--status",
                "auto",
                "--metric",
                score,
                "--snapshot",
                "model",
            ],
        );
    }
    git(&sandbox, "main", &["add", "-f", ".lineage"]);
    git(&sandbox, "main", &["commit", "-qm", "store"]);
    git(&sandbox, ".", &["clone", "-q", "main", "clone"]);
    let said = run_in(&sandbox, "clone", &["check"]);
    assert!(said.contains("2 rows, no problems found"), "{said}");
    run_in(&sandbox, "clone", &["checkout", "1", "out"]);
    assert!(sandbox.path("clone/out/empty").is_dir());
}

#[test]
fn a_checkout_never_writes_into_a_repository_of_git_itself() {
    let Some(sandbox) = repository() else { return };
    sandbox.write("hook/pre-commit", "#!/bin/sh\n");
    run_in(&sandbox, "main", &["init"]);
    let trial = [
        "append",
        "--status",
        "auto",
        "--metric",
        "1",
        "--snapshot",
        "../hook",
    ];
    run_in(&sandbox, "main", &trial);
    git(&sandbox, ".", &["init", "-q", "--bare", "bare"]);
    git(
        &sandbox,
        ".",
        &["init", "-q", "--separate-git-dir", "elsewhere", "other"],
    );
    std::os::unix::fs::symlink(".git/hooks", sandbox.path("main/link")).unwrap();
    std::fs::create_dir_all(sandbox.path("old/.GIT/hooks")).unwrap();
    let dirs = [
        ".git",
        ".git/hooks",
        ".git/hooks/new",
        "link",
        "../bare",
        "../elsewhere/hooks",
        "../old/.GIT",
    ];
    for dir in dirs {
        for flags in [&["-q"][..], &["--force", "--clean"]] {
            let said = run_in(&sandbox, "main", &[&["checkout", "0", dir], flags].concat());
            let wanted = format!("error: {dir} is inside a git repository's own files");
            assert!(said.contains(&wanted), "{dir}: {said}");
        }
        assert!(
            !sandbox.path("main").join(dir).join("pre-commit").exists(),
            "{dir}"
        );
    }
    run_in(&sandbox, "main", &["checkout", "0", "../other/model"]);
    assert!(sandbox.path("other/model/pre-commit").exists());
}

/// Asserts that the store of a directory is the one of `main`, as git names it there.
fn assert_main(sandbox: &Sandbox, dir: &str, main: Option<&str>) {
    let shown = run_in(sandbox, dir, &["best"]);
    let found = shown.contains("nor in the main worktree");
    let expected = main.map(|main| format!("nor in the main worktree [DIR]/{main};"));
    assert_eq!(found, main.is_some(), "{shown}");
    assert!(expected.is_none_or(|text| shown.contains(&text)), "{shown}");
}

#[test]
fn a_bare_repository_has_no_main_worktree() {
    let Some(sandbox) = repository() else { return };
    for bare in ["bare.git", "project/.git", "other/.bare"] {
        git(
            &sandbox,
            "main",
            &["clone", "-q", "--bare", ".", &format!("../{bare}")],
        );
        let worktree = format!("trees/{}", bare.replace(['/', '.'], "-"));
        let path = sandbox.path(&worktree);
        git(
            &sandbox,
            bare,
            &["worktree", "add", "-q", path.to_str().unwrap()],
        );
        assert_main(&sandbox, &worktree, None);
        git(
            &sandbox,
            bare,
            &["config", "extensions.worktreeConfig", "true"],
        );
        git(&sandbox, bare, &["config", "--unset", "core.bare"]);
        sandbox.write(
            &format!("{bare}/config.worktree"),
            "[core]\n\tbare = true\n",
        );
        assert_main(&sandbox, &worktree, None);
    }
}

#[test]
fn a_submodule_is_no_worktree_of_its_superproject() {
    let Some(sandbox) = repository() else { return };
    git(&sandbox, ".", &["init", "-q", "super"]);
    let add = ["-c", "protocol.file.allow=always", "submodule", "add", "-q"];
    git(&sandbox, "super", &[&add[..], &["../main", "sub"]].concat());
    git(&sandbox, "super", &["commit", "-qm", "start"]);
    assert_main(&sandbox, "super/sub", None);
    git(
        &sandbox,
        "super/sub",
        &["worktree", "add", "-q", "../../linked"],
    );
    assert_main(&sandbox, "linked", Some("super/sub"));
    git(&sandbox, "super", &["worktree", "add", "-q", "../super2"]);
    assert_main(&sandbox, "super2", Some("super"));
    git(&sandbox, "super2", &["worktree", "add", "-q", "../super3"]);
    assert_main(&sandbox, "super3", Some("super"));
}

#[test]
fn a_repository_with_its_files_elsewhere_has_no_known_main_worktree() {
    let Some(sandbox) = repository() else { return };
    git(
        &sandbox,
        ".",
        &["clone", "-q", "--separate-git-dir=files", "main", "work"],
    );
    git(&sandbox, "work", &["worktree", "add", "-q", "../linked"]);
    assert_main(&sandbox, "linked", None);
}
