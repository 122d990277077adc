//! Where the database is: a URL, completed as `psql` does from a service file, the environment and defaults.

use std::{collections::BTreeMap, env, fs, path::PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use percent_encoding::percent_decode_str;
use tokio_postgres::Config;

use super::{password::find_password, tls::TlsMode};

/// What the URL, the service file and the environment say, in the words of the URL.
const ENVIRONMENT: [(&str, &str); 8] = [
    ("host", "PGHOST"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("dbname", "PGDATABASE"),
    ("password", "PGPASSWORD"),
    ("passfile", "PGPASSFILE"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
];

/// Parameters of a URL that the client does not know.
const OWN: [&str; 4] = ["service", "sslmode", "sslrootcert", "passfile"];

/// How to connect.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: TlsMode,
    /// What may explain that a password is missing.
    pub(super) hint: Option<String>,
}

impl Address {
    /// Reads a URL without a password; `password` is one that was given for this command only.
    pub(super) fn parse(url: &str, password: Option<&str>) -> Result<Self> {
        let (plain, mut own) = split_parameters(url)?;
        let service = own.remove("service").or_else(|| env::var("PGSERVICE").ok());
        let mut known = match service {
            Some(service) => read_service(&service)?,
            None => BTreeMap::new(),
        };
        for (key, variable) in ENVIRONMENT {
            if let Some(value) = env::var(variable).ok().filter(|value| !value.is_empty()) {
                known.entry(key.to_owned()).or_insert(value);
            }
        }
        known.extend(own);
        let mut config: Config = plain
            .parse()
            .map_err(|error| anyhow!("shared.url: {error}"))?;
        complete(&mut config, &known)?;
        let tls = TlsMode::new(known.get("sslmode"), known.get("sslrootcert"))?;
        config.ssl_mode(tls.client_mode());
        let mut hint = None;
        if let Some(password) = password.or(known.get("password").map(String::as_str)) {
            config.password(password);
        } else {
            match find_password(&config, known.get("passfile")) {
                Ok(Some(password)) => drop(config.password(password)),
                Ok(None) => {}
                Err(problem) => hint = Some(problem),
            }
        }
        config.application_name("lineage");
        Ok(Self { config, tls, hint })
    }
}

/// Fills in what the URL does not say.
fn complete(config: &mut Config, known: &BTreeMap<String, String>) -> Result<()> {
    if config.get_hosts().is_empty() {
        let socket = "/var/run/postgresql";
        match known.get("host") {
            Some(host) => config.host(host),
            None if PathBuf::from(socket).exists() => config.host(socket),
            None => config.host("localhost"),
        };
    }
    if config.get_ports().is_empty()
        && let Some(port) = known.get("port")
    {
        config.port(port.parse().with_context(|| format!("port '{port}'"))?);
    }
    if config.get_user().is_none() {
        let login = || env::var("USER").or_else(|_| env::var("LOGNAME")).ok();
        let user = known.get("user").cloned().or_else(login);
        config.user(user.context("no user in shared.url; write postgres://USER@HOST/DATABASE")?);
    }
    if config.get_dbname().is_none() {
        let user = config.get_user().unwrap_or_default();
        let name = known.get("dbname").map_or(user, String::as_str).to_owned();
        config.dbname(name);
    }
    Ok(())
}

/// The URL without the parameters that are read here, and these parameters.
fn split_parameters(url: &str) -> Result<(String, BTreeMap<String, String>)> {
    ensure!(
        url.starts_with("postgres://") || url.starts_with("postgresql://"),
        "not the address of a database; write postgres://USER@HOST/DATABASE" // it may have a password
    );
    let (plain, query) = url.split_once('?').unwrap_or((url, ""));
    let mut own = BTreeMap::new();
    let mut rest = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if OWN.contains(&key) {
            own.insert(key.to_owned(), decode_percent(value));
        } else {
            rest.push(pair);
        }
    }
    Ok((join_query(plain, &rest), own))
}

fn decode_percent(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The URL without its password, and the password: it must not be stored or shown.
pub fn strip_password(url: &str) -> (String, Option<String>) {
    let start = url.find("://").map_or(0, |at| at + 3);
    // A password may have a slash, as the client accepts.
    let end = url[start..].find('?').map_or(url.len(), |at| start + at);
    let mut password = None;
    let mut plain = url.to_owned();
    if let Some(at) = url[start..end].rfind('@')
        && let Some(colon) = url[start..start + at].find(':')
    {
        password = Some(decode_percent(&url[start + colon + 1..start + at]));
        plain.replace_range(start + colon..start + at, "");
    }
    let Some((path, query)) = plain.split_once('?') else {
        return (plain, password);
    };
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.retain(|pair| match pair.strip_prefix("password=") {
        Some(value) => {
            password = Some(decode_percent(value));
            false
        }
        None => true,
    });
    (join_query(path, &pairs), password)
}

fn join_query(plain: &str, pairs: &[&str]) -> String {
    if pairs.is_empty() {
        plain.to_owned()
    } else {
        format!("{plain}?{}", pairs.join("&"))
    }
}

/// One section of the service file.
fn read_service(name: &str) -> Result<BTreeMap<String, String>> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".pg_service.conf"));
    let own = env::var_os("PGSERVICEFILE")
        .map(PathBuf::from)
        .or_else(home);
    let system = env::var_os("PGSYSCONFDIR").map_or("/etc/postgresql-common".into(), PathBuf::from);
    for path in own.into_iter().chain([system.join("pg_service.conf")]) {
        let Ok(text) = fs::read_to_string(&path) else {
            continue;
        };
        if let Some(found) = parse_section(&text, name) {
            return Ok(found);
        }
    }
    bail!("no service '{}' in a service file", name.escape_debug())
}

fn parse_section(text: &str, name: &str) -> Option<BTreeMap<String, String>> {
    let mut found: Option<BTreeMap<String, String>> = None;
    for line in text.lines().map(str::trim) {
        if let Some(section) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            if found.is_some() {
                break;
            }
            found = (section == name).then(BTreeMap::new);
        } else if let Some(found) = &mut found
            && !line.starts_with('#')
            && let Some((key, value)) = line.split_once('=')
        {
            found.insert(key.trim().to_owned(), value.trim().to_owned());
        }
    }
    found
}
