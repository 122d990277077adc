//! The floor of an append: lock the file, write 900 bytes with one write, flush them. It reads nothing, checks nothing,
//! and answers nothing.

use std::{env, fs::OpenOptions, io::Write};

fn main() -> std::io::Result<()> {
    let path = env::args_os().nth(1).expect("the file to append to");
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    let mut row = [b'x'; 900];
    row[899] = b'\n';
    file.lock()?;
    file.write_all(&row)?;
    file.sync_data()
}
