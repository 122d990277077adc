//! How a host connects: passwords and encryption as for `psql`; and what other hosts see of its trials and snapshots.

use std::{fs, os::unix::fs::PermissionsExt, thread, time::Duration};

use lineage::shared::strip_password;

use crate::host::{Host, ran};
use crate::server::Server;

#[test]
fn a_password_is_found_and_never_stored_or_printed() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    server.sql(&database, "create role p login superuser password 'geheim'");
    let access = server.path("data/pg_hba.conf");
    fs::write(
        &access,
        "host all p all scram-sha-256\nhost all all all trust\n",
    )
    .unwrap();
    server.sql(&database, "select pg_reload_conf()");
    thread::sleep(Duration::from_millis(300));
    let with = |word: &str| url.replace("admin@", word);
    let a = Host::bare();
    let made = a.run(&["init", "--shared", &with("p:geheim@"), "--run", "r"]);
    assert!(
        made.err.contains("the password in the URL is not stored"),
        "{made:?}"
    );
    assert!(!format!("{made:?}").contains("geheim"));
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(!a.read("lineage.toml").contains("geheim"));
    let append = ["append", "--status", "keep", "--metric", "1"];
    let without = a.run(&append);
    assert!(
        without.err.contains("no id yet") && without.err.contains("password"),
        "{without:?}"
    );
    // The variable, the file, the service file.
    let variable = ran(a.command(&append).env("PGPASSWORD", "geheim"));
    assert_eq!(variable.ok(), "001\n");
    let file = a.dir.path().join(".pgpass");
    let lines = "# hosts\nother:*:*:*:wrong\n127.0.0.1:*:*:p:ge\\heim\n*:*:*:*:wrong\n";
    fs::write(&file, lines).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let open = a.run(&append);
    assert!(
        open.err
            .contains("is ignored, because others may read it: chmod 600"),
        "{open:?}"
    );
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(a.run(&append).ok(), "003\n");
    let service = format!(
        "[lab]\nhost=127.0.0.1\nport={}\nuser=p\ndbname={database}\n",
        server.port
    );
    let b = Host::bare();
    fs::write(
        b.dir.path().join(".pg_service.conf"),
        service + "password = geheim\nsslmode=disable\n#user=q\n\n[other]\nuser=q\n",
    )
    .unwrap();
    b.run(&["init", "--shared", "postgres://?service=lab", "--run", "r"])
        .ok();
    assert_eq!(b.run(&append).ok(), "004\n");
    assert!(!b.read("lineage.toml").contains("geheim"));
}

#[test]
fn a_certificate_is_checked_as_the_mode_says() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let modes = |text: &str| url.replace("sslmode=disable", text);
    let a = Host::bare();
    let init = |text: &str| a.run(&["init", "--shared", &modes(text), "--run", "r"]);
    // A server without encryption.
    assert!(init("sslmode=require").fails().contains("TLS"));
    assert!(
        init("sslmode=verify-full")
            .fails()
            .contains("needs the certificates to trust")
    );
    assert!(
        init("sslmode=sometimes")
            .fails()
            .contains("use disable, prefer")
    );
    server.encrypt("localhost");
    let root = server.path("root.crt");
    let root = format!("sslrootcert={}", root.display());
    init("sslmode=require").ok();
    for (mode, works) in [
        ("sslmode=prefer".to_owned(), true),
        (format!("sslmode=verify-ca&{root}"), true),
        (format!("sslmode=verify-full&{root}"), false), // it is the certificate of localhost
    ] {
        let host = Host::bare();
        let joined = host.run(&["init", "--shared", &modes(&mode), "--run", "r"]);
        assert_eq!(joined.code == Some(0), works, "{mode} {joined:?}");
    }
    let by_name = modes(&format!("sslmode=verify-full&{root}")).replace("127.0.0.1", "localhost");
    Host::bare()
        .run(&["init", "--shared", &by_name, "--run", "r"])
        .ok();
    let by_system = modes("sslmode=verify-full&sslrootcert=system");
    let by_system = by_system.replace("127.0.0.1", "localhost");
    let init = ["init", "--shared", &by_system, "--run", "r"];
    assert!(Host::bare().run(&init).fails().contains("certificate"));
    let file = server.path("root.crt");
    let trusting = ran(Host::bare().command(&init).env("SSL_CERT_FILE", file));
    assert_eq!(trusting.code, Some(0), "{trusting:?}");
}

#[test]
fn other_hosts_see_a_trial_in_progress() {
    let Some(server) = Server::start() else {
        return;
    };
    let (database, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    a.append("1.5");
    let script =
        "for i in $(seq 400); do [ -e stop ] && break; sleep 0.05; done; echo core_metric=1.4";
    let mut child = a.spawn(&[
        "run",
        "--hypothesis",
        "raise beta2",
        "--",
        "sh",
        "-c",
        script,
    ]);
    for _ in 0..100 {
        if server.sql(&database, "select count(*) from lineage_running") == "1" {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(
        b.run(&["render", "--for", "x"])
            .ok()
            .contains("raise beta2")
    );
    assert!(b.run(&["tail", "--running"]).ok().contains("raise beta2"));
    fs::write(a.dir.path().join("stop"), "").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(
        server.sql(&database, "select count(*) from lineage_running"),
        "0"
    );
    assert!(!b.run(&["tail", "--running"]).ok().contains("raise beta2"));
    assert_eq!(b.column("hypothesis"), ["", "raise beta2"]);
    // One that ends before the database knows of it.
    for _ in 0..5 {
        a.run(&["run", "--", "true"]).ok();
        assert_eq!(
            server.sql(&database, "select count(*) from lineage_running"),
            "0"
        );
    }
}

#[test]
fn a_snapshot_elsewhere_is_named() {
    let Some(server) = Server::start() else {
        return;
    };
    let (_, url) = server.database();
    let (a, b) = (Host::join(&url), Host::join(&url));
    fs::write(a.dir.path().join("train.py"), "lr = 1").unwrap();
    let append = [
        "append",
        "--status",
        "keep",
        "--metric",
        "1",
        "--snapshot",
        "train.py",
    ];
    a.run(&append).ok();
    a.run(&["checkout", "0", "out"]).ok();
    assert!(a.run(&["check"]).ok().is_empty());
    let error = b.run(&["checkout", "0", "out"]).fails();
    let place = a.path("snapshots/000").display().to_string();
    assert!(
        error.contains("is on another host, at ") && error.contains(&place),
        "{error}"
    );
    assert!(b.run(&["check"]).ok().is_empty());
    // Offline, the files are frozen at once.
    a.run(&[&["--offline"][..], &append].concat()).ok();
    fs::write(a.dir.path().join("train.py"), "lr = 2").unwrap();
    a.run(&["pull"]).ok();
    assert!(a.column("snapshot_path")[1].contains("/snapshots/waiting-"));
    a.run(&["checkout", "1", "out2"]).ok();
    let restored = fs::read_to_string(a.dir.path().join("out2/train.py")).unwrap();
    assert_eq!(restored, "lr = 1");
    // A directory that all hosts have.
    let common = tempfile::tempdir().unwrap();
    for host in [&a, &b] {
        let settings = host.read("lineage.toml");
        let dir = format!("[snapshot]\ndir = \"{}\"", common.path().display());
        fs::write(
            host.path("lineage.toml"),
            settings.replace("[snapshot]", &dir),
        )
        .unwrap();
    }
    a.run(&append).ok();
    assert_eq!(b.run(&["checkout", "2", "out"]).code, Some(0));
    assert_eq!(b.column("snapshot_path")[2], "snapshots/002");
}

#[test]
fn a_password_is_not_printed() {
    let init = ["init", "--run", "r", "--shared", "host=db password=secret"];
    let error = Host::bare().run(&init).fails();
    assert!(error.contains("not the address of a database"), "{error}");
    assert!(!error.contains("secret"), "{error}");
}

#[test]
fn a_password_is_taken_out_of_a_url() {
    for (url, plain, password) in [
        ("postgres://u@h/db", "postgres://u@h/db", None),
        (
            "postgres://u:p%40w@h:1/db",
            "postgres://u@h:1/db",
            Some("p@w"),
        ),
        ("postgres://u:@h", "postgres://u@h", Some("")),
        (
            "postgres://u:ab/cd@h/x?sslmode=require",
            "postgres://u@h/x?sslmode=require",
            Some("ab/cd"),
        ),
        (
            "postgres://h/db?password=x&sslmode=require",
            "postgres://h/db?sslmode=require",
            Some("x"),
        ),
        (
            "postgres://u:a@h/db?password=b",
            "postgres://u@h/db",
            Some("b"),
        ),
        (
            "postgres:///db?host=/tmp/a:b@c",
            "postgres:///db?host=/tmp/a:b@c",
            None,
        ),
    ] {
        let stripped = strip_password(url);
        assert_eq!(
            stripped,
            (plain.to_owned(), password.map(str::to_owned)),
            "{url}"
        );
    }
}
