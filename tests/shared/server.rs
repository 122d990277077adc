//! A PostgreSQL server of its own: a cluster in a temporary directory, on a free port, run by an unprivileged user.

use std::{
    fs,
    io::Write,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use tempfile::TempDir;

pub(crate) struct Server {
    dir: TempDir,
    bin: PathBuf,
    pub(crate) port: u16,
}

/// Where Debian and others put the programs.
fn find_programs() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

impl Server {
    /// `None`, with a message, if there is no PostgreSQL.
    pub(crate) fn start() -> Option<Self> {
        let Some(bin) = find_programs() else {
            assert!(std::env::var_os("CI").is_none(), "PostgreSQL is missing");
            let _ = writeln!(
                std::io::stderr(),
                "skipped: no PostgreSQL in /usr/lib/postgresql"
            );
            return None;
        };
        let dir = tempfile::Builder::new()
            .prefix("lineage-pg-")
            .tempdir()
            .unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let server = Self {
            bin,
            port: free_port(),
            dir,
        };
        let data = server.data();
        let arguments = [
            "-D",
            &data,
            "-U",
            "admin",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "-N",
        ];
        assert!(server.run("initdb", &arguments).status.success());
        server.boot();
        server.sql("postgres", "create database lab");
        Some(server)
    }

    fn data(&self) -> String {
        self.dir.path().join("data").display().to_string()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts it, after a stop or a crash.
    pub(crate) fn boot(&self) {
        let (socket, port) = (self.dir.path().display(), self.port);
        let options =
            format!("-p {port} -k {socket} -c listen_addresses=127.0.0.1 -c max_connections=60");
        let log = self.path("log").display().to_string();
        let arguments = [
            "-D",
            &self.data(),
            "-o",
            &options,
            "-l",
            &log,
            "-w",
            "start",
        ];
        // After a crash, processes of the old server may still be ending.
        for _ in 0..40 {
            if self.run("pg_ctl", &arguments).status.success() {
                return;
            }
            thread::sleep(Duration::from_millis(250));
        }
        panic!("{}", fs::read_to_string(log).unwrap_or_default());
    }

    /// `fast` ends sessions, `immediate` is like a crash.
    pub(crate) fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    /// Kills every process of the server.
    pub(crate) fn kill(&self) {
        let pid = fs::read_to_string(self.path("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().to_owned();
        let _ = Command::new("kill").args(["-KILL", &pid]).status();
    }

    /// Makes a certificate authority `root.crt` and a certificate for a name, and turns encryption on.
    pub(crate) fn encrypt(&self, name: &str) {
        let script = format!(
            "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out root.crt && \
             openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout data/server.key -out server.csr && \
             printf 'subjectAltName=DNS:{name}\n' > names && \
             openssl x509 -req -in server.csr -CA root.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out data/server.crt && \
             chmod 600 data/server.key && chmod 644 root.crt && {{ [ $(id -u) != 0 ] || chown nobody data/server.key; }}"
        );
        let output = Command::new("sh")
            .args(["-c", &script])
            .current_dir(&self.dir)
            .output();
        let output = output.expect("a shell");
        assert!(output.status.success(), "{output:?}");
        self.sql("postgres", "alter system set ssl = on");
        self.sql("postgres", "select pg_reload_conf()");
        thread::sleep(Duration::from_millis(300));
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command
                .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"])
                .arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .current_dir("/")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        // The server keeps its output open: it must not be a pipe.
        let out = tempfile::tempfile().unwrap();
        command.stdout(out.try_clone().unwrap()).stderr(out);
        let status = command.status().expect("a program");
        Output {
            status,
            stdout: Vec::new(),
            stderr: Vec::new(),
        }
    }

    /// Runs statements as the administrator, and returns what they print.
    pub(crate) fn sql(&self, database: &str, statements: &str) -> String {
        let output = Command::new("psql")
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "admin",
                "-d",
                database,
            ])
            .args([
                "-X",
                "-A",
                "-t",
                "-q",
                "-v",
                "ON_ERROR_STOP=1",
                "-c",
                statements,
            ])
            .env_remove("PGPASSWORD")
            .output()
            .expect("psql");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8_lossy(&output.stdout);
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// A new database, and the URL of the administrator for it.
    pub(crate) fn database(&self) -> (String, String) {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("lab{}", NEXT.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("create database {name}"));
        let url = self.url(&name);
        (name, url)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!(
            "postgres://admin@127.0.0.1:{}/{database}?sslmode=disable",
            self.port
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop("immediate");
        let _ = fs::remove_dir_all(Path::new(&self.data()));
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
