//! File systems whose locks may not reach every writer: a log there is safe only if all writers use one mount of one host.

use std::{fs::File, path::Path};

use crate::files::create_file;

/// Types that the kernel reports, see statfs(2).
const SHARED: [(i64, &str); 13] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x00c3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x0bd0_0bd0, "Lustre"),
    (0x1983_0326, "BeeGFS"),
    (0x4750_4653, "GPFS"),
    (0x786f_4256, "VirtualBox"),
];

/// A warning for the first append to a log on such a file system. A file beside the log remembers it.
pub(super) fn warn_once(file: &File, log: &Path) -> Option<String> {
    let kind = rustix::fs::fstatfs(file).ok()?.f_type;
    let (_, name) = SHARED.iter().find(|(shared, _)| *shared == kind)?;
    let text = format!(
        "{} is on a file system of type {name}, whose locks may not reach other mounts and hosts; let all writers \
         use this mount of this host",
        log.display()
    );
    let note = format!("{text}\nDelete this file to be warned again.\n");
    let is_first = create_file(&log.with_extension("warned"), &note, 0o666).is_ok();
    is_first.then_some(text)
}
