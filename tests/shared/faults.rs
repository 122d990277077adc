//! What a shared store does when something fails.

use std::{
    io::Write,
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::host::Host;
use crate::proxy::{Faults, proxy};
use crate::server::Server;

const APPEND: [&str; 5] = ["append", "--status", "keep", "--metric", "1"];

#[test]
fn a_role_needs_few_rights() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    Host::join(&url);
    let guide = include_str!("../../docs/shared.md");
    let grants: String = guide
        .lines()
        .filter(|line| line.starts_with("GRANT ") || line.starts_with("CREATE ROLE "))
        .map(|line| format!("{line}\n"))
        .collect();
    assert!(grants.lines().count() >= 6, "{grants}");
    server.sql(&database, &grants);
    let url_of = |role: &str| url.replace("admin@", &format!("{role}@"));
    let writer = Host::join(&url_of("lineage_writer"));
    assert_eq!(writer.append("1.5"), "000");
    writer
        .run(&["amend", "0", "--notes", "x", "--why", "y"])
        .ok();
    writer
        .run(&["run", "--", "sh", "-c", "echo core_metric=1.4"])
        .ok();
    let refused = std::panic::catch_unwind(|| {
        server.sql(
            &database,
            "set role lineage_writer; update lineage_trial set line = ''",
        )
    });
    assert!(refused.is_err(), "a writer cannot change a row");
    let reader = Host::join(&url_of("lineage_reader"));
    assert_eq!(reader.log(), writer.log());
    assert!(reader.run(&["best"]).ok().contains("1.4"));
    let error = reader.run(&APPEND).fails();
    assert!(
        error.contains("the database refuses: permission denied"),
        "{error}"
    );
    assert!(!reader.path("outbox.jsonl").exists());
}

/// The time to wait for the lock does not limit the insert.
#[test]
fn a_slow_insert_has_time_once_the_run_is_locked() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let a = Host::join(&url);
    server.sql(
        &database,
        "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(1); return new; end $$; \
         create trigger slow before insert on lineage_trial for each row execute function slow();",
    );
    let appended = a.run(&[&APPEND[..], &["--lock-timeout", "0.5"]].concat());
    assert_eq!(appended.ok().trim(), "000");
}

#[test]
fn a_full_disk_under_the_mirror_loses_nothing() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let a = Host::join(&url);
    a.append("1.5");
    let notes = "n".repeat(2000);
    let full = a.run_limited(1, &[&APPEND[..], &["--notes", &notes]].concat());
    assert_eq!((full.code, &*full.out), (Some(0), "001\n"), "{full:?}");
    assert!(
        full.err
            .contains("the database has the trial, but the mirror does not yet"),
        "{full:?}"
    );
    assert_eq!(a.column("exp_id"), ["000"]);
    assert_eq!(a.append("1.4"), "002");
    assert_eq!(a.column("exp_id"), ["000", "001", "002"]);
}

#[test]
fn times_are_those_of_the_server() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let a = Host::join(&url);
    // A server whose clock is an hour ahead.
    let sql = "create function public.clock_timestamp() returns timestamptz language sql as \
        $$ select pg_catalog.clock_timestamp() + interval '1 hour' $$; \
        alter database lab0 set search_path = public, pg_catalog";
    server.sql(&database, &sql.replace("lab0", &database));
    a.append("1.5");
    let seconds = "select extract(epoch from (split_part(line, E'\\t', 2)::timestamptz - time))::int from lineage_trial";
    let ahead: i64 = server.sql(&database, seconds).parse().unwrap();
    assert!((3590..=3600).contains(&ahead), "{ahead}");
}

#[test]
fn a_lost_answer_to_the_commit_is_found_again() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let faults = Arc::new(Faults::default());
    let port = proxy(server.port, faults.clone());
    let a = Host::join(&url.replace(&format!(":{}", server.port), &format!(":{port}")));
    assert_eq!(a.append("1.5"), "000");
    faults.drop_commit.store(true, Ordering::SeqCst);
    assert_eq!(a.append("1.4"), "001");
    assert!(!faults.drop_commit.load(Ordering::SeqCst));
    assert_eq!(a.append("1.3"), "002");
    assert_eq!(
        server.sql(&database, "select count(*) from lineage_trial"),
        "3"
    );
    assert_eq!(a.column("core_metric"), ["1.5", "1.4", "1.3"]);
}

#[test]
fn a_silent_server_does_not_hang_a_command() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let faults = Arc::new(Faults::default());
    let port = proxy(server.port, faults.clone());
    let a = Host::join(&url.replace(&format!(":{}", server.port), &format!(":{port}")));
    a.append("1.5");
    faults.is_silent.store(true, Ordering::SeqCst);
    let start = Instant::now();
    let best = a.run(&["best"]);
    assert!(best.err.contains("does not answer in time"), "{best:?}");
    assert!(
        start.elapsed() < Duration::from_secs(2),
        "{:?}",
        start.elapsed()
    );
    let start = Instant::now();
    let waiting = a.run(&APPEND);
    assert!(waiting.err.contains("no id yet"), "{waiting:?}");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}

/// A writer that stops in the middle of its transaction, as on a host that lost its power, does not block the others for ever.
#[test]
fn a_stopped_writer_blocks_the_others_for_seconds_only() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let a = Host::join(&url);
    let mut holder = std::process::Command::new("psql");
    let port = server.port.to_string();
    holder.args([
        "-h",
        "127.0.0.1",
        "-p",
        &port,
        "-U",
        "admin",
        "-d",
        &database,
        "-X",
        "-q",
    ]);
    let sql = "begin; set local idle_in_transaction_session_timeout = 2000; select 1 from lineage_run for update;";
    holder
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut holder = holder.spawn().unwrap();
    holder
        .stdin
        .as_mut()
        .unwrap()
        .write_all(format!("{sql}\n").as_bytes())
        .unwrap();
    thread::sleep(Duration::from_millis(300));
    let busy = a.run(&[&APPEND[..], &["--lock-timeout", "0.5"]].concat());
    assert!(
        busy.err.contains("no id yet") && busy.err.contains("lock timeout"),
        "{busy:?}"
    );
    assert_eq!(a.append("0.5"), "001", "after the trial that waited");
    let _ = holder.kill();
    let _ = holder.wait();
}
