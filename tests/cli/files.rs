//! Files that a command reads and creates: nothing hangs, and nothing is more readable than the log it comes from.

use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Stdio,
};

use crate::sandbox::Sandbox;

fn mode_of(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// The names in a directory below the sandbox.
fn list(sandbox: &Sandbox, dir: &str) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(dir)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

#[test]
fn settings_and_insights_that_are_no_regular_file_are_refused() {
    for name in [".lineage/insights.md", ".lineage/lineage.toml"] {
        for kind in ["pipe", "link to a device", "directory"] {
            let sandbox = Sandbox::with_store();
            sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
            fs::remove_file(sandbox.path(name)).unwrap();
            match kind {
                "pipe" => sandbox.pipe(name),
                "directory" => fs::create_dir(sandbox.path(name)).unwrap(),
                _ => symlink("/dev/zero", sandbox.path(name)).unwrap(),
            }
            let shown = sandbox.transcript(&["render", "--for", "x"]);
            let reason = "it is not a regular file\n= 1\n";
            assert!(
                shown.contains(name) && shown.ends_with(reason),
                "{kind}: {shown}"
            );
        }
    }
}

#[test]
fn insights_of_more_than_16_mib_are_refused() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let file = fs::File::create(sandbox.path(".lineage/insights.md")).unwrap();
    file.set_len(1 << 40).unwrap();
    let shown = sandbox.transcript(&["render", "--for", "x"]);
    assert!(shown.contains("it is longer than 16 MiB"), "{shown}");
}

#[test]
fn what_is_derived_from_a_private_log_is_private() {
    let sandbox = Sandbox::with_store();
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.ok(&["append", "--status", "keep", "--metric", "1"]);
    sandbox.ok(&["render", "--for", "x", "--save"]);
    sandbox.ok(&["check", "--repair", "copy.tsv"]);
    sandbox.ok(&["import", ".lineage/results.tsv", "--into", "imported"]);
    let saved = list(&sandbox, ".lineage/prompts");
    assert_eq!(saved, ["000_x.json", "000_x.md"]);
    let mut files = vec![sandbox.path("copy.tsv")];
    files.extend(
        saved
            .iter()
            .map(|name| sandbox.path(".lineage/prompts").join(name)),
    );
    for name in ["lineage.toml", "insights.md", "results.tsv"] {
        files.push(sandbox.path("imported").join(name));
    }
    for file in files {
        assert_eq!(mode_of(&file), 0o600, "{}", file.display());
    }
}

#[test]
fn pictures_pages_manifests_and_running_trials_of_a_private_log_are_private() {
    let sandbox = Sandbox::with_store();
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o600)).unwrap();
    sandbox.write("work/model.py", "");
    sandbox.write("old.svg", "");
    let append = "append --status baseline --metric 1 --snapshot work";
    sandbox.ok(&append.split(' ').collect::<Vec<_>>());
    let list = "umask 022; stat -c %a .lineage/running/* > mode";
    sandbox.ok(&["run", "--", "sh", "-c", list]);
    assert_eq!(sandbox.read("mode"), "600\n");
    for name in ["new.svg", "old.svg", "new.png", "new.txt"] {
        sandbox.ok(&["plot", "-o", name]);
        assert_eq!(mode_of(&sandbox.path(name)), 0o600, "{name}");
    }
    sandbox.ok(&["report", "-o", "page.html"]);
    assert_eq!(mode_of(&sandbox.path("page.html")), 0o600);
    assert_eq!(
        mode_of(&sandbox.path(".lineage/snapshots/000.manifest")),
        0o400
    );
    fs::set_permissions(sandbox.log(), fs::Permissions::from_mode(0o644)).unwrap();
    sandbox.ok(&["report", "-o", "page.html"]);
    let mode = mode_of(&sandbox.path("page.html"));
    assert_eq!(mode, 0o600, "a page that its owner closed stays closed");
}

#[test]
fn no_output_takes_a_name_that_the_store_uses() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let before = sandbox.tree(".lineage");
    for name in [
        "results.idx",
        "results.batch",
        "results.warned",
        "amended.tsv",
        "prompts",
        "running",
    ] {
        let path = format!(".lineage/{name}");
        for args in [
            &["check", "--repair", &path][..],
            &["plot", "--format", "svg", "-o", &path],
            &["report", "-o", &path],
            &["run", "--log", &path, "--", "true"],
        ] {
            let shown = sandbox.transcript(args);
            assert!(shown.contains("is a file of the store"), "{path}: {shown}");
        }
    }
    assert_eq!(sandbox.tree(".lineage"), before);
    // A store without `.lineage`: other directories are the user's.
    sandbox.write(
        "s/results.tsv",
        "exp_id\tstatus\tcore_metric\n000\tkeep\t1\n",
    );
    sandbox.write("s/plots/a.svg", "");
    sandbox.ok(&["--store", "s", "plot", "-o", "s/plots/a.svg"]);
}

#[test]
fn an_output_that_is_a_pipe_reaches_its_reader_and_waits_for_no_other() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    sandbox.pipe("page.html");
    let shown = sandbox.transcript(&["report", "-o", "page.html"]);
    let error = "error: cannot write page.html: nothing reads from it\n= 1\n";
    assert!(shown.ends_with(error), "{shown}");
    let path = sandbox.path("page.html");
    let reader = std::thread::spawn(move || fs::read(path).unwrap());
    sandbox.ok(&["report", "-o", "page.html"]);
    let page = reader.join().unwrap();
    sandbox.ok(&["report", "-o", "file.html"]);
    assert!(page == fs::read(sandbox.path("file.html")).unwrap());
}

#[test]
fn a_prompt_is_saved_even_if_nobody_reads_it() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "baseline", "--metric", "1"]);
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_lineage"));
    command.args(["render", "--for", "x", "--save"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut child = command
        .stdout(writer)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(said.contains("saved prompts/000_x.md"), "{said}");
    assert_eq!(
        list(&sandbox, ".lineage/prompts"),
        ["000_x.json", "000_x.md"]
    );
}

#[test]
fn a_name_that_a_killed_process_left_stops_neither_init_nor_a_saved_prompt() {
    let sandbox = Sandbox::new();
    for name in [".lineage-new-AbCdEf", ".lineage-new-1", "insights.md"] {
        sandbox.write(&format!(".lineage/{name}"), "");
    }
    sandbox.write(".lineage/prompts/none_x.json", "");
    assert_eq!(sandbox.ok(&["init"]), ".lineage\n");
    assert_eq!(
        sandbox.ok(&["init"]),
        ".lineage\n",
        "it is complete and has no trial"
    );
    sandbox.ok(&["render", "--for", "x", "--save"]);
    assert_eq!(list(&sandbox, ".lineage/prompts").len(), 3);
    sandbox.ok(&["append", "--status", "crash"]);
    assert!(
        sandbox
            .transcript(&["init"])
            .contains("results.tsv already exists")
    );
}

#[test]
fn a_repaired_copy_replaces_no_file_of_others_and_follows_no_link() {
    let sandbox = Sandbox::with_store();
    sandbox.ok(&["append", "--status", "crash"]);
    for name in ["copy.tsv.again", "copy.tsv.tmp", "copy.again"] {
        sandbox.write(name, "mine");
    }
    sandbox.write("target", "mine");
    symlink("target", sandbox.path("link.tsv")).unwrap();
    symlink("nowhere", sandbox.path("dangling.tsv")).unwrap();
    let before = sandbox.tree(".");
    for out in ["link.tsv", "dangling.tsv", "target"] {
        let shown = sandbox.transcript(&["check", "--repair", out]);
        assert!(
            shown.contains("already exists") && shown.ends_with("= 1\n"),
            "{shown}"
        );
    }
    assert_eq!(sandbox.tree("."), before);
    sandbox.ok(&["check", "--repair", "copy.tsv"]);
    assert_eq!(sandbox.read("copy.tsv"), sandbox.read_log());
    assert_eq!(
        sandbox.tree(".").lines().count(),
        before.lines().count() + 1
    );
}
