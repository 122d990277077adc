//! Appends per second, beside those of a file: `cargo test --release --features postgres --test shared -- --ignored --nocapture`.

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use crate::host::Host;
use crate::server::Server;

const TIME: Duration = Duration::from_secs(5);

/// Each host appends with so many clients at once. Prints the rate and the median time of one.
fn measure(name: &str, hosts: &[Host], clients: usize) {
    let start = Instant::now();
    let append = |at: usize| {
        let mut times = Vec::new();
        while start.elapsed() < TIME {
            let began = Instant::now();
            hosts[at % hosts.len()].append("1");
            times.push(began.elapsed());
        }
        times
    };
    let append = &append;
    let mut times = Vec::new();
    thread::scope(|scope| {
        let clients: Vec<_> = (0..clients)
            .map(|at| scope.spawn(move || append(at)))
            .collect();
        for client in clients {
            times.extend(client.join().unwrap());
        }
    });
    let rate = f64::from(u32::try_from(times.len()).unwrap()) / start.elapsed().as_secs_f64();
    times.sort();
    let median = times[times.len() / 2].as_secs_f64() * 1e3;
    let line = format!("{name}, {clients} clients: {rate:.0} appends/s, median {median:.1} ms\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

#[test]
#[ignore = "prints figures for docs/shared.md and takes 30 s"]
fn appends_per_second() {
    let Some(server) = Server::start() else {
        return;
    };
    for clients in [1, 4, 16] {
        let file = Host::bare();
        file.run(&["init"]).ok();
        measure("file", &[file], clients);
        let (_, url) = server.database();
        let hosts: Vec<_> = (0..clients.min(4)).map(|_| Host::join(&url)).collect();
        measure("database", &hosts, clients);
    }
}
