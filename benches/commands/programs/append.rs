//! Locks a file, writes 900 bytes and flushes them: the least that a safe append can do.

use std::{env, fs::OpenOptions, io::Write};

fn main() -> std::io::Result<()> {
    let path = env::args_os().nth(1).expect("usage: append FILE");
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.lock()?;
    file.write_all(&[b'x'; 900])?;
    file.sync_data()
}
