//! A faster start. Two thirds of the start of an ordinary program is the loading of its libraries and the setting right of its
//! pointers. Where the C library comes as an archive too, the program is linked with that, for a fixed place, and the functions
//! that the commands call lie side by side; `cargo build` without any flags then makes the same program that is shipped.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

fn main() {
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=MOLD_PATH"); // another linker, by `mold -run`
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|set| set == value);
    let native = env::var("HOST") == env::var("TARGET");
    if !(native && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu")) {
        return;
    }
    let [Some(libc), Some(maths), Some(unwinder), Some(gcc)] =
        ["libc.a", "libm.a", "libgcc_eh.a", "libgcc.a"].map(archive)
    else {
        return; // linked as ever
    };
    for archive in [&libc, &maths, &unwinder, &gcc] {
        println!("cargo::rerun-if-changed={}", archive.display()); // another compiler has them elsewhere
    }
    // rustc asks for shared libraries by name: in this directory, which is searched first, the names stand for the archives.
    let dir = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let alias = |name: &str, archives: &[&PathBuf]| {
        let archives: Vec<_> = archives.iter().map(|path| path.display().to_string()).collect();
        fs::write(dir.join(name), format!("GROUP ( {} )\n", archives.join(" "))).expect("OUT_DIR can be written to");
    };
    alias("libgcc_s.a", &[&unwinder, &gcc]);
    alias("libc.a", &[&libc, &unwinder, &gcc]);
    alias("libm.a", &[&maths]);
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let in_order = format!("-T{}", root.join("build/order.ld").display());
    let at_once = ["-no-pie".to_owned(), "-static".to_owned(), format!("-L{}", dir.display()), in_order];
    // gold and mold know no script like order.ld, and what mold makes of such a program crashes.
    let arguments = [&at_once[..], &at_once[..3]].into_iter().find(|arguments| work(arguments, &dir));
    for argument in arguments.into_iter().flatten() {
        println!("cargo::rustc-link-arg-bin=lineage={argument}");
    }
}

/// Where the C compiler that links the program has this archive.
fn archive(name: &str) -> Option<PathBuf> {
    let linker = env::var_os("RUSTC_LINKER").unwrap_or_else(|| "cc".into());
    let found = Command::new(linker).arg(format!("-print-file-name={name}")).output().ok()?;
    let path = String::from_utf8(found.stdout).ok()?;
    let path = Path::new(path.trim()).canonicalize().ok()?;
    path.is_absolute().then_some(path)
}

/// Whether the linker, whichever it is, makes a program with these arguments that runs.
fn work(arguments: &[String], dir: &Path) -> bool {
    let (source, program) = (dir.join("tried.rs"), dir.join("tried"));
    fs::write(&source, "fn main() { println!() }").expect("OUT_DIR can be written to");
    let mut rustc = Command::new(env::var_os("RUSTC").expect("cargo sets it"));
    rustc.arg(&source).arg("-o").arg(&program);
    rustc.args(env::var_os("RUSTC_LINKER").map(|linker| format!("-Clinker={}", linker.display())));
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    rustc.args(flags.split('\x1f').filter(|flag| !flag.is_empty()));
    rustc.args(arguments.iter().map(|argument| format!("-Clink-arg={argument}")));
    let is_done = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    is_done(&mut rustc) && is_done(&mut Command::new(program))
}
