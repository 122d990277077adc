//! A log on a file system whose locks may not reach every writer.

use std::fs;

use crate::sandbox::{Sandbox, skipped};

#[test]
fn the_first_append_through_fuse_warns_and_the_next_does_not() {
    let sandbox = Sandbox::with_store();
    fs::create_dir(sandbox.path("mount")).unwrap();
    let mounted = sandbox
        .command("bindfs")
        .args([".lineage", "mount"])
        .status();
    if !mounted.is_ok_and(|status| status.success()) {
        skipped("bindfs is not there, or may not mount");
        return;
    }
    let append = ["--store", "mount", "append", "--status", "crash"];
    let (first, second) = (sandbox.transcript(&append), sandbox.transcript(&append));
    let unmounted = sandbox.command("umount").arg("mount").status();
    assert!(unmounted.unwrap().success());
    let said = "warning: mount/results.tsv is on a file system of type FUSE";
    assert!(first.contains(said) && first.ends_with("= 0\n"), "{first}");
    assert!(!second.contains("warning"), "{second}");
    assert_eq!(sandbox.ok(&["append", "--status", "crash"]), "002\n");
}
