//! Trials that wait for the database.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    sync::{Arc, atomic::Ordering},
};

use crate::host::Host;
use crate::proxy::{Faults, proxy};
use crate::server::Server;

const APPEND: [&str; 5] = ["append", "--status", "keep", "--metric", "1"];

#[test]
fn a_trial_waits_for_the_database_and_is_sent_once() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    a.append("1.5");
    b.run(&["pull"]).ok();
    server.stop("fast");
    let waiting = a.run(&[
        "append",
        "--status",
        "auto",
        "--metric",
        "1.4",
        "--specialist",
        "opt",
    ]);
    assert_eq!((waiting.code, &*waiting.out), (Some(0), ""), "{waiting:?}");
    assert!(
        waiting
            .err
            .contains("no id yet: the database is unreachable"),
        "{waiting:?}"
    );
    let strict = a.run(&[&APPEND[..], &["--require-id"]].concat());
    assert!(
        strict.fails().contains("\"status\":\"keep\""),
        "the trial is printed"
    );
    // A command runs and its trial waits, too.
    let run = b.run(&[
        "run",
        "--hypothesis",
        "x",
        "--",
        "sh",
        "-c",
        "echo core_metric=1.3",
    ]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(b.read("outbox.jsonl").lines().count(), 1);
    // Reading works, and says how old it is.
    let best = b.run(&["best", "--format", "tsv"]);
    assert!(best.err.contains("a mirror, last up to date "), "{best:?}");
    assert!(best.ok().contains("1.5"));
    assert!(b.run(&["pull"]).fails().contains("error"));
    server.boot();
    // The outbox has already been sent when its sender was killed before it could empty it.
    let outbox = a.read("outbox.jsonl");
    let sent = a.run(&["best", "--format", "tsv"]);
    assert!(sent.err.contains("sent 1 trial that waited"), "{sent:?}");
    assert!(sent.ok().contains("1.4"));
    fs::write(a.path("outbox.jsonl"), outbox).unwrap();
    a.run(&["pull"]).ok();
    assert_eq!(a.read("outbox.jsonl"), "");
    assert_eq!(b.append("1.2"), "003");
    a.run(&["pull"]).ok();
    assert_eq!(a.column("core_metric"), ["1.5", "1.4", "1.3", "1.2"]);
    assert_eq!(a.column("specialist")[1], "opt");
    assert_eq!(
        server.sql(&database, "select count(distinct uuid) from lineage_trial"),
        "4"
    );
    assert_eq!(a.log(), b.log());
}

#[test]
fn a_refused_trial_does_not_block_the_others() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let a = Host::join(&url);
    a.run(&[&["--offline"][..], &APPEND, &["--parent", "77"]].concat())
        .ok();
    a.run(&[&["--offline"][..], &APPEND].concat()).ok();
    let pulled = a.run(&["pull"]);
    assert!(
        pulled.err.contains("is refused (") && pulled.err.contains("77"),
        "{pulled:?}"
    );
    assert_eq!(pulled.ok(), "1 trials\n");
    assert!(a.read("outbox.refused.jsonl").contains("77"));
    assert_eq!(a.read("outbox.jsonl"), "");
}

#[test]
fn a_trial_waits_on_while_the_mirror_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let a = Host::join(&url);
    a.append("1.5");
    a.run(&[&["--offline"][..], &APPEND].concat()).ok();
    fs::write(a.path("results.tsv"), a.log().replace("1.5", "1.6")).unwrap();
    for args in [&["best"][..], &["pull"]] {
        let refused = a.run(args).fails();
        assert!(refused.contains("was changed by another"), "{refused}");
    }
    assert_eq!(a.read("outbox.jsonl").lines().count(), 1);
    assert!(!a.path("outbox.refused.jsonl").exists());
    a.run(&["pull", "--reset"]).ok();
    assert_eq!(a.run(&["pull"]).ok(), "2 trials\n");
    assert_eq!(a.column("core_metric"), ["1.5", "1"]);
}

#[test]
fn an_outbox_is_as_private_as_the_log_and_a_torn_line_spoils_no_other() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let a = Host::join(&url);
    fs::set_permissions(a.path("results.tsv"), fs::Permissions::from_mode(0o600)).unwrap();
    let offline = [&["--offline"][..], &APPEND].concat();
    a.run(&offline).ok();
    let mode = || {
        a.path("outbox.jsonl")
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(), 0o600);
    fs::write(a.path("outbox.jsonl"), "{\"first\":").unwrap();
    a.run(&offline).ok();
    assert_eq!(a.run(&["pull"]).ok(), "1 trials\n");
    assert_eq!(a.read("outbox.refused.jsonl"), "{\"first\":\n");
    assert_eq!((a.read("outbox.jsonl"), mode()), (String::new(), 0o600));
}

#[test]
fn a_trial_with_a_snapshot_waits_if_the_answer_to_its_commit_is_lost() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let faults = Arc::new(Faults::default());
    let port = proxy(server.port, faults.clone());
    let a = Host::join(&url.replace(&format!(":{}", server.port), &format!(":{port}")));
    fs::write(a.dir.path().join("train.py"), "lr = 1").unwrap();
    let append = [&APPEND[..], &["--snapshot", "train.py"]].concat();
    let lose = |args: &[&str]| {
        faults.drop_commit.store(true, Ordering::SeqCst);
        faults.is_away.store(true, Ordering::SeqCst);
        let lost = a.run(args);
        faults.is_away.store(false, Ordering::SeqCst);
        lost
    };
    let waiting = lose(&append);
    assert_eq!((waiting.code, &*waiting.out), (Some(0), ""), "{waiting:?}");
    assert_eq!(a.run(&["pull"]).ok(), "1 trials\n");
    assert!(a.column("snapshot_path")[0].ends_with("/snapshots/000"));
    a.run(&["checkout", "0", "out"]).ok();
    let strict = lose(&[&APPEND[..], &["--require-id"]].concat()).fails();
    assert!(strict.contains("it may have the trial"), "{strict}");
}

#[test]
fn a_full_disk_keeps_nobody_from_reading() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    b.append("1.5");
    let best = || a.run_limited(0, &["best", "--format", "tsv"]);
    let behind = best();
    assert!(
        behind.err.contains("a mirror, last up to date"),
        "{behind:?}"
    );
    a.run(&["pull"]).ok();
    assert!(best().ok().contains("1.5"));
}

#[test]
fn a_mirror_with_an_amendment_that_the_database_lost_is_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let a = Host::join(&url);
    a.append("1.5");
    a.run(&["amend", "0", "--notes", "x", "--why", "y"]).ok();
    server.sql(&database, "update lineage_run set revision = 0");
    let refused = a.run(&["pull"]).fails();
    assert!(
        refused.contains("has amendments that the database lacks"),
        "{refused}"
    );
}
