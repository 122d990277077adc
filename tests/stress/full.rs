//! A file system without room, from none to nearly enough for the row: a tmpfs of a few pages, filled up.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};

use crate::{
    Form, Outcome,
    limit::{add_rows, refuse_and_feed_back, with_refused},
    scene::Scene,
};

/// A tmpfs gives room by the page.
const PAGE: usize = 4096;

pub(crate) fn run(form: &Form) -> Result<Outcome> {
    let Some(disk) = Disk::mount()? else {
        return Ok(Outcome::Skipped("no tmpfs can be mounted here".to_owned()));
    };
    let row = with_refused()?
        .split(|&byte| byte == b'\n')
        .rev()
        .nth(1)
        .map_or(0, <[u8]>::len)
        + 1;
    let rooms: Vec<usize> = (0..row).step_by(form.pick(40, 1)).collect();
    for &room in &rooms {
        no_room_but(&disk, room).with_context(|| format!("room for {room}"))?;
    }
    Ok(Outcome::Held(format!(
        "a full tmpfs with room for 0 to {} of {row} bytes, {} sizes: the log byte for byte as before, exit 1, the trial on \
         stderr fed back once there was room",
        row - 1,
        rooms.len(),
    )))
}

fn no_room_but(disk: &Disk, room: usize) -> Result<()> {
    let scene = Scene::in_dir(tempfile::tempdir_in(disk.path())?)?;
    add_rows(&scene)?;
    lengthen(&scene, 2 * PAGE - room)?;
    let filler = disk.path().join("filler");
    let mut file = fs::File::create(&filler)?;
    while file.write(&[0; PAGE]).is_ok_and(|written| written > 0) {}
    drop(file); // the room is given back once nobody has it open
    refuse_and_feed_back(&scene, &[], || Ok(fs::remove_file(&filler)?))
}

/// Appends a row that brings the log to exactly this length.
fn lengthen(scene: &Scene, length: usize) -> Result<()> {
    let append = |notes: &str| scene.ok(&["append", "--status", "crash", "--notes", notes]);
    let before = scene.bytes()?;
    append("n")?;
    let more = length - scene.bytes()?.len();
    fs::write(scene.log(), before)?;
    append(&"n".repeat(1 + more))?;
    ensure!(
        scene.bytes()?.len() == length,
        "the log has {} bytes, not {length}",
        scene.bytes()?.len()
    );
    Ok(())
}

/// A small file system, unmounted when it is dropped.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount() -> Result<Option<Self>> {
        let dir = tempfile::tempdir()?;
        let mounted = command(
            &["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs"],
            dir.path(),
        );
        Ok(mounted
            .is_ok_and(|output| output.status.success())
            .then_some(Self(dir)))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = command(&["umount"], self.path()); // what stays mounted is as small as it was
    }
}

fn command(words: &[&str], dir: &Path) -> std::io::Result<Output> {
    Command::new(words[0]).args(&words[1..]).arg(dir).output()
}
