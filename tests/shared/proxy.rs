//! A proxy before a server, which loses answers.

use std::{
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use crate::server::free_port;

/// What a proxy does with the connections that it forwards.
#[derive(Default)]
pub(crate) struct Faults {
    /// Drops the answer to the next commit and the connection.
    pub(crate) drop_commit: AtomicBool,
    /// Forwards nothing more, and keeps the connection open.
    pub(crate) is_silent: AtomicBool,
    /// Accepts no connection after the answer to a commit was dropped.
    pub(crate) is_away: AtomicBool,
}

/// Forwards connections to a server; returns its port.
pub(crate) fn proxy(server: u16, faults: Arc<Faults>) -> u16 {
    let port = free_port();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let has_dropped = !faults.drop_commit.load(Ordering::SeqCst);
            if has_dropped && faults.is_away.load(Ordering::SeqCst) {
                continue;
            }
            let Ok(upstream) = TcpStream::connect(("127.0.0.1", server)) else {
                continue;
            };
            let (from, to) = (client.try_clone().unwrap(), upstream.try_clone().unwrap());
            let there = faults.clone();
            let back = faults.clone();
            let is_committing = Arc::new(AtomicBool::new(false));
            let sees_commit = is_committing.clone();
            thread::spawn(move || {
                let look = |bytes: &[u8]| {
                    let commits = bytes.windows(7).any(|part| part == b"COMMIT\0");
                    if commits && there.drop_commit.swap(false, Ordering::SeqCst) {
                        sees_commit.store(true, Ordering::SeqCst);
                    }
                    !there.is_silent.load(Ordering::SeqCst)
                };
                forward(from, to, look)
            });
            thread::spawn(move || {
                let look = |_: &[u8]| {
                    !is_committing.load(Ordering::SeqCst) && !back.is_silent.load(Ordering::SeqCst)
                };
                let is_lost = is_committing.clone();
                let (a, b) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
                let _ = forward(upstream, client, look);
                if is_lost.load(Ordering::SeqCst) {
                    let _ = (
                        a.shutdown(std::net::Shutdown::Both),
                        b.shutdown(std::net::Shutdown::Both),
                    );
                }
            });
        }
    });
    port
}

fn forward(mut from: TcpStream, mut to: TcpStream, look: impl Fn(&[u8]) -> bool) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        let read = from.read(&mut buffer)?;
        if read == 0 {
            return to.shutdown(std::net::Shutdown::Write);
        }
        if look(&buffer[..read]) {
            to.write_all(&buffer[..read])?;
        } else {
            thread::sleep(Duration::from_millis(50));
            return Ok(());
        }
    }
}
