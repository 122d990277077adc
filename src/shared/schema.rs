//! The tables, made by numbered migrations.

use anyhow::{Result, ensure};

use super::Session;

/// The migration to version n is the n-th.
const MIGRATIONS: [&str; 1] = [include_str!("migrations/1.sql")];

pub(super) const VERSION: i32 = 1;

/// Any number that other programs are unlikely to lock.
const LOCK: i64 = 0x006c_696e_6561_6765;

/// Brings the tables to the version of this program. Needs the right to create tables only if they are not.
pub(super) fn migrate(session: &Session) -> Result<()> {
    if current_version(session)? == Some(VERSION) {
        return Ok(());
    }
    session.begin("")?;
    session.execute(&format!("SELECT pg_advisory_xact_lock({LOCK})"))?;
    let version = current_version(session)?;
    if version.is_none() {
        let encoding = "select pg_encoding_to_char(encoding) from pg_database where datname = current_database()";
        let encoding: String = session.query(encoding, &[])?[0].get(0);
        ensure!(
            encoding == "UTF8",
            "the database has the encoding {encoding}; create one with UTF8"
        );
        session.execute("create table lineage_schema (version integer not null); insert into lineage_schema values (0)")?;
    }
    let version = version.unwrap_or(0);
    check_version(version)?;
    for (number, migration) in (1..).zip(MIGRATIONS) {
        if number > version {
            session.execute(migration)?;
        }
    }
    session.execute(&format!(
        "update lineage_schema set version = {VERSION}; COMMIT"
    ))
}

fn current_version(session: &Session) -> Result<Option<i32>> {
    let sql = "select to_regclass('lineage_schema')::text";
    let table: Option<String> = session.query(sql, &[])?[0].get(0);
    if table.is_none() {
        return Ok(None);
    }
    let rows = session.query("select max(version) from lineage_schema", &[])?;
    Ok(rows[0].get(0))
}

/// Fails if a newer program has changed the tables.
pub(super) fn check_version(version: i32) -> Result<()> {
    ensure!(
        version <= VERSION,
        "the database has version {version} of the tables, this lineage supports version {VERSION}; install a newer lineage"
    );
    Ok(())
}
