//! What a shared store does while the database is there.

use std::fs;

use crate::host::Host;
use crate::server::Server;

#[test]
fn hosts_see_each_others_trials() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let args = [
        "init", "--shared", &url, "--run", "r", "--metric", "val_loss",
    ];
    let (a, b) = (Host::bare(), Host::bare());
    let made = a.run(&args);
    assert!(
        made.err
            .contains("made the run r with 0 trials; val_loss: lower is better"),
        "{made:?}"
    );
    let joined = b.run(&["init", "--shared", &url, "--run", "r"]);
    assert!(
        joined
            .err
            .contains("joined the run r with 0 trials; val_loss"),
        "{joined:?}"
    );
    assert_eq!(a.append("1.5"), "000");
    assert_eq!(b.append("1.4"), "001");
    assert_eq!(a.append("1.6"), "002");
    assert_eq!(b.run(&["best", "--format", "tsv"]).ok().lines().count(), 2);
    assert_eq!(a.log(), b.log());
    assert_eq!(a.column("status"), ["baseline", "keep", "discard"]);
    assert_eq!(a.column("parent_exp"), ["", "000", "001"]);
    assert_eq!(a.column("delta_vs_best")[1..], ["-0.100000", "+0.200000"]);
    let lines = server.sql(&database, "select line from lineage_trial order by seq");
    assert_eq!(
        a.log().lines().skip(1).collect::<Vec<_>>().join("\n"),
        lines
    );
    // A third host joins later; its mirror is fetched at once.
    let c = Host::join(&url);
    assert_eq!(c.log(), a.log());
    assert!(a.run(&["check"]).err.contains("3 rows, no problems found"));
}

#[test]
fn an_imported_log_of_several_batches_reaches_every_mirror() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    let mut log = "step\tcore_metric\tstatus\tdescription\n".to_owned();
    for step in 0..2500 {
        let status = if step == 0 { "baseline" } else { "discard" };
        log += &format!("{step}\t{}\t{status}\tstep {step}\n", 2 + step);
    }
    fs::write(a.dir.path().join("old.tsv"), log).unwrap();
    a.append("1.5");
    let import = ["import", "old.tsv", "--direction", "minimize"];
    a.run(&import).ok();
    assert_eq!(b.append("1.4"), "2501");
    a.run(&["pull"]).ok();
    let c = Host::join(&url);
    for host in [&b, &c] {
        assert!(host.log() == a.log(), "the mirrors are equal");
    }
    assert_eq!(a.log().lines().count(), 2503);
    assert!(a.run(&["check"]).ok().is_empty());
    fs::copy(a.dir.path().join("old.tsv"), b.dir.path().join("old.tsv")).unwrap();
    b.run(&import).ok();
    assert_eq!(b.log().lines().count(), 2503, "nothing is added twice");
}

#[test]
fn an_imported_snapshot_names_its_host() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let host = Host::join(&url);
    fs::create_dir(host.dir.path().join("work")).unwrap();
    host.run(&["init", "old"]).ok();
    let trial = ["append", "--status", "baseline", "--metric", "1"];
    let into_old = ["--store", "old", "--snapshot", "work"];
    host.run(&[&trial[..], &into_old].concat()).ok();
    host.run(&["import", "old"]).ok();
    let path = &host.column("snapshot_path")[0];
    assert!(path.contains(":/"), "{path}");
    assert!(host.run(&["check"]).ok().is_empty());
}

#[test]
fn an_amendment_reaches_every_mirror() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    for score in ["1.5", "1.2", "1.4"] {
        a.append(score);
    }
    b.run(&["pull"]).ok();
    let args = ["amend", "1", "--status", "disqualified", "--why", "leak"];
    a.run(&args).ok();
    b.run(&["amend", "2", "--notes", "x", "--why", "typo"]).ok();
    a.run(&["pull"]).ok();
    let c = Host::join(&url);
    assert_eq!(a.column("status"), ["baseline", "disqualified", "discard"]);
    for host in [&b, &c] {
        assert_eq!(host.log(), a.log());
        assert_eq!(host.read("amended.tsv"), a.read("amended.tsv"));
    }
    assert_eq!(a.read("amended.tsv").lines().count(), 3);
    assert!(a.run(&["show", "1"]).ok().contains("leak"));
    let old = server.sql(&database, "select line from lineage_trial where seq = 2");
    assert!(old.contains("\tkeep\t"), "the old row stays: {old}");
    assert_eq!(c.append("1.3"), "003");
    assert_eq!(c.column("status")[3], "keep");
    assert!(a.run(&["check"]).ok().is_empty());
}

#[test]
fn a_job_is_logged_once_on_all_hosts() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    let args = [
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--job-name",
        "j",
        "--once",
    ];
    assert_eq!(a.run(&args).ok(), "000\n");
    assert_eq!(b.run(&args).ok(), "000\n");
    let sql = "insert into lineage_trial (run, seq, uuid, once, line, host) \
               select run, 9, gen_random_uuid(), once, line, host from lineage_trial";
    let refused = std::panic::catch_unwind(|| server.sql(&database, sql));
    assert!(refused.is_err(), "a job is unique in the database");
}

#[test]
fn settings_that_contradict_are_refused() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let a = Host::join(&url);
    let b = Host::bare();
    let init = |flag: &str, value: &str| {
        b.run(&["init", "--shared", &url, "--run", "r", flag, value])
            .fails()
    };
    assert!(
        init("--metric", "acc")
            .contains("the run 'r' has the metric core_metric, not acc; leave out --metric, ")
    );
    assert!(init("--direction", "maximize").contains("has the direction minimize, not maximize"));
    assert!(init("--columns", "x").contains("has the columns '', not 'x'"));
    assert!(!b.path("").exists());
    let settings = a.read("lineage.toml").replace("minimize", "maximize");
    fs::write(a.path("lineage.toml"), settings).unwrap();
    let error = a
        .run(&["append", "--status", "keep", "--metric", "1"])
        .fails();
    assert!(
        error.contains("lineage.toml has the direction maximize, the run minimize"),
        "{error}"
    );
    assert!(a.run(&["best"]).fails().contains("direction"));
}

#[test]
fn a_mirror_that_differs_is_refused_and_reset() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let a = Host::join(&url);
    a.append("1.5");
    a.append("1.4");
    let log = a.log();
    fs::write(a.path("results.tsv"), log.replace("1.4", "1.3")).unwrap();
    let error = a
        .run(&["append", "--status", "keep", "--metric", "1"])
        .fails();
    assert!(
        error.contains("was changed by another program; `lineage pull --reset`"),
        "{error}"
    );
    assert!(a.run(&["best"]).fails().contains("pull --reset"));
    assert_eq!(
        a.run(&["--offline", "best", "--format", "tsv"]).code,
        Some(0)
    );
    let reset = a.run(&["pull", "--reset"]);
    assert!(reset.err.contains("/results-"), "{reset:?}");
    assert_eq!(a.log(), log);
    // A row of another program, another database, a restored backup, a mirror without its state.
    fs::write(
        a.path("results.tsv"),
        log.clone() + &log.lines().last().unwrap().replace("001", "002") + "\n",
    )
    .unwrap();
    assert!(
        a.run(&["best"])
            .fails()
            .contains("has rows that the database does not have")
    );
    a.run(&["pull", "--reset"]).ok();
    server.sql(
        &database,
        "update lineage_run set epoch = gen_random_uuid()",
    );
    assert!(a.run(&["best"]).fails().contains("belongs to another run"));
    a.run(&["pull", "--reset"]).ok();
    fs::remove_file(a.path("mirror.json")).unwrap();
    assert_eq!(a.append("1.45"), "002");
    server.sql(
        &database,
        "update lineage_trial set uuid = gen_random_uuid() where seq = 3",
    );
    assert!(
        a.run(&["best"])
            .fails()
            .contains("has other trials than the database")
    );
    let amend = ["amend", "0", "--notes", "x", "--why", "y"];
    a.run(&["pull", "--reset"]).ok();
    a.run(&amend).ok();
    a.run(&["render", "--for", "x", "--save"]).ok();
    fs::remove_file(a.path("results.tsv")).unwrap();
    assert!(
        a.run(&["best"])
            .fails()
            .contains("is missing; `lineage pull --reset`")
    );
    a.run(&["pull", "--reset"]).ok();
    assert_eq!(a.column("exp_id"), ["000", "001", "002"]);
}
