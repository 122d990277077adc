//! Many writers on several hosts, killed at random instants, while the server is restarted and killed.

use std::{
    collections::{HashMap, HashSet},
    io::Read,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::host::Host;
use crate::server::Server;

const HOSTS: usize = 4;
const WRITERS: usize = 4;
/// Acknowledged trials before, between and after the faults.
const TRIALS: usize = 60;
/// A writer gives up after so many appends if the faults never end.
const APPENDS: usize = 300;

/// What writers know of their jobs: the id, or nothing if the trial waits for the database.
type Acknowledged = Arc<Mutex<HashMap<String, Option<String>>>>;

/// Appends, and kills every fourth append, until the faults are over.
fn write(host: &Host, writer: &str, acknowledged: &Acknowledged, faults_are_over: &AtomicBool) {
    let mut random = writer
        .bytes()
        .fold(1_u64, |seed, byte| seed * 31 + u64::from(byte));
    for number in 0..APPENDS {
        if faults_are_over.load(Ordering::Relaxed) {
            return;
        }
        let job = format!("{writer}-{number}");
        let args = [
            "append",
            "--status",
            "auto",
            "--metric",
            "1",
            "--job-name",
            &job,
            "--once",
        ];
        let mut child = host.spawn(&args);
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        if (random >> 33) % 4 == 0 {
            thread::sleep(Duration::from_micros((random >> 40) % 60_000));
            let _ = child.kill();
        }
        let (mut out, mut err) = (String::new(), String::new());
        child
            .stdout
            .take()
            .unwrap()
            .read_to_string(&mut out)
            .unwrap();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        let is_ok = child.wait().unwrap().success();
        if is_ok && !out.is_empty() {
            acknowledged
                .lock()
                .unwrap()
                .insert(job, Some(out.trim().to_owned()));
        } else if is_ok {
            assert!(err.contains("no id yet"), "{err}");
            acknowledged.lock().unwrap().insert(job, None);
        }
    }
}

/// Waits until the writers have got further, at their own pace: machines differ.
fn wait_for_trials(acknowledged: &Acknowledged) {
    let count = || acknowledged.lock().unwrap().len();
    let (enough, start) = (count() + TRIALS, Instant::now());
    while count() < enough {
        assert!(start.elapsed() < Duration::from_mins(2), "no progress");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_acknowledged_trial_is_there_once() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let hosts: Vec<_> = (0..HOSTS).map(|_| Host::join(&url)).collect();
    let acknowledged = Acknowledged::default();
    let faults_are_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for (h, host) in hosts.iter().enumerate() {
            for w in 0..WRITERS {
                let (acknowledged, over) = (&acknowledged, &faults_are_over);
                scope.spawn(move || write(host, &format!("h{h}w{w}"), acknowledged, over));
            }
        }
        wait_for_trials(&acknowledged);
        server.stop("fast");
        server.boot();
        wait_for_trials(&acknowledged);
        server.kill();
        server.boot();
        wait_for_trials(&acknowledged);
        faults_are_over.store(true, Ordering::Relaxed);
    });
    for _ in 0..2 {
        for host in &hosts {
            host.run(&["pull"]).ok(); // sends what waits
        }
    }
    let log = hosts[0].log();
    for host in &hosts {
        assert_eq!(host.read("outbox.jsonl"), "");
        assert_eq!(host.read("outbox.refused.jsonl"), "");
        assert!(host.log() == log, "the mirrors are equal");
    }
    let lines = server.sql(&database, "select line from lineage_trial order by seq");
    assert_eq!(log.lines().skip(1).collect::<Vec<_>>().join("\n"), lines);
    let ids = hosts[0].column("exp_id");
    let dense: Vec<_> = (0..ids.len()).map(|id| format!("{id:03}")).collect();
    assert!(ids == dense, "the ids have no gaps");
    let jobs = hosts[0].column("job_name");
    assert_eq!(
        jobs.iter().collect::<HashSet<_>>().len(),
        jobs.len(),
        "no job twice"
    );
    let acknowledged = acknowledged.lock().unwrap();
    for (job, id) in acknowledged.iter() {
        let at = jobs
            .iter()
            .position(|known| known == job)
            .expect("an acknowledged trial");
        assert!(id.as_ref().is_none_or(|id| *id == ids[at]), "{job} {id:?}");
    }
}
