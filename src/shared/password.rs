//! The password file of `psql`.

use std::{env, fs, os::unix::fs::PermissionsExt, path::PathBuf};

use tokio_postgres::{Config, config::Host};

/// The password for this connection; an error says why the file is ignored.
pub(super) fn find_password(
    config: &Config,
    path: Option<&String>,
) -> Result<Option<String>, String> {
    let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".pgpass"));
    let Some(path) = path.map(PathBuf::from).or_else(home) else {
        return Ok(None);
    };
    let Ok(metadata) = fs::metadata(&path) else {
        return Ok(None);
    };
    let shown = path.display();
    if !metadata.is_file() {
        return Err(format!("{shown} is not a regular file, so it is ignored"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(format!(
            "{shown} is ignored, because others may read it: chmod 600 {shown}"
        ));
    }
    let text =
        fs::read_to_string(&path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let port = config.get_ports().first().unwrap_or(&5432);
    let wanted = [
        host_name(config),
        port.to_string(),
        config.get_dbname().unwrap_or_default().to_owned(),
        config.get_user().unwrap_or_default().to_owned(),
    ];
    Ok(find_line(&text, &wanted))
}

/// The host as the password file and messages name it.
pub(super) fn host_name(config: &Config) -> String {
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        _ => "localhost".to_owned(),
    }
}

/// The password of the first line `host:port:database:user:password` that fits; `*` fits everything.
fn find_line(text: &str, wanted: &[String; 4]) -> Option<String> {
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let fields = split_fields(line);
        let fits = |(field, value): (&String, &String)| field == "*" || field == value;
        if fields.len() == 5 && fields.iter().zip(wanted).all(fits) {
            return fields.into_iter().next_back();
        }
    }
    None
}

/// Splits at colons; a backslash takes the next character as it is. A fifth field has the rest of the line.
fn split_fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match char {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut().expect("one field").extend(chars.next()),
            _ => fields.last_mut().expect("one field").push(char),
        }
    }
    fields
}
