//! A run in the database of a shared store: one transaction that reads its rows and amendments, and may add others.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::ValueEnum;
use jiff::Timestamp;
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::{
    Session,
    schema::{VERSION, check_version, migrate},
    session::Parameter,
};
use crate::log::Direction;
use crate::store::{SharedSettings, host};

/// The most rows that one statement inserts.
const INSERT_ROWS: usize = 5000;

/// How long each of the last statements, which write, may take at least.
const COMMIT_TIME: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reads one consistent state of the run, without blocking others.
    Read,
    /// Holds the lock on the run until the end of the transaction.
    Write,
}

/// An open transaction. Dropping it rolls it back.
pub struct Run {
    session: Session,
    pub head: Head,
}

/// The settings and counters of a run.
#[derive(Clone, Debug)]
pub struct Head {
    id: i32,
    pub epoch: Uuid,
    pub metric: String,
    pub direction: Direction,
    pub columns: Vec<String>,
    /// How many trials it has.
    pub rows: i64,
    /// How many amendments it has.
    pub revision: i64,
}

/// What a run is made with, if there is none of its name.
pub struct NewRun<'a> {
    pub name: &'a str,
    pub metric: Option<&'a str>,
    pub direction: Option<Direction>,
    pub columns: Option<&'a [String]>,
}

/// A trial: its number, from 1, and its line without the newline.
pub struct Row {
    pub seq: i64,
    pub uuid: Uuid,
    pub line: String,
}

pub struct Amendment {
    pub revision: i64,
    pub seq: i64,
    pub old: String,
    pub new: String,
    pub why: String,
    pub time: Timestamp,
}

/// Makes the tables if there are none, and the run if there is none of this name; one that exists must have the settings that
/// are given. Whether it is new.
pub fn create_or_join(session: &Session, new: &NewRun) -> Result<(Head, bool)> {
    migrate(session)?;
    if let Some(head) = find_run(session, new.name, "")? {
        check_settings(&head, new)?;
        return Ok((head, false));
    }
    let (metric, direction) = (
        new.metric.unwrap_or("core_metric"),
        new.direction.unwrap_or(Direction::Minimize).to_string(),
    );
    let columns = new.columns.unwrap_or_default().to_vec();
    let sql = "insert into lineage_run (name, epoch, metric, direction, columns) values ($1, $2, $3, $4, $5) \
               on conflict (name) do nothing";
    let epoch = Uuid::new_v4();
    let parameters: [Parameter; 5] = [
        (&new.name, Type::TEXT),
        (&epoch, Type::UUID),
        (&metric, Type::TEXT),
        (&direction, Type::TEXT),
        (&columns, Type::TEXT_ARRAY),
    ];
    session.change(sql, &parameters)?;
    let head = find_run(session, new.name, "")?;
    let head =
        head.with_context(|| format!("another client removed the run '{}'; try again", new.name))?;
    check_settings(&head, new)?;
    let is_new = head.epoch == epoch;
    Ok((head, is_new))
}

fn check_settings(head: &Head, new: &NewRun) -> Result<()> {
    let list = |columns: &[String]| format!("'{}'", columns.join(","));
    let direction = new.direction.map(|direction| direction.to_string());
    for (name, own, given) in [
        ("metric", head.metric.clone(), new.metric.map(str::to_owned)),
        ("direction", head.direction.to_string(), direction),
        ("columns", list(&head.columns), new.columns.map(list)),
    ] {
        if let Some(given) = given
            && given != own
        {
            let run = new.name;
            bail!(
                "the run '{run}' has the {name} {own}, not {given}; leave out --{name}, or name another --run"
            );
        }
    }
    Ok(())
}

fn find_run(session: &Session, name: &str, lock: &str) -> Result<Option<Head>> {
    let sql = format!(
        "select id, epoch, metric, direction, columns, rows, revision, (select max(version) from lineage_schema) \
         from lineage_run where name = $1 {lock}"
    );
    let parameters: [Parameter; 1] = [(&name, Type::TEXT)];
    let found = session.query(&sql, &parameters)?;
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let version = row.get::<_, Option<i32>>(7).unwrap_or(0);
    check_version(version)?;
    ensure!(
        version == VERSION,
        "the tables have version {version}; `lineage init --shared` brings them to version {VERSION}"
    );
    let direction: String = row.get(3);
    let direction = Direction::from_str(&direction, false);
    Ok(Some(Head {
        id: row.get(0),
        epoch: row.get(1),
        metric: row.get(2),
        direction: direction.map_err(|error| anyhow!("the direction of the run: {error}"))?,
        columns: row.get(4),
        rows: row.get(5),
        revision: row.get(6),
    }))
}

impl Run {
    /// Connects, starts a transaction and, to write, locks the run. Rows are read by later statements: the one that waits
    /// for the lock may see an older state of the other tables.
    pub fn open(settings: &SharedSettings, access: Access, deadline: Instant) -> Result<Self> {
        let session = Session::connect(&settings.url, None, deadline)?;
        Self::begin(session, settings, access)
    }

    pub fn begin(session: Session, settings: &SharedSettings, access: Access) -> Result<Self> {
        let (mode, lock) = match access {
            Access::Read => ("ISOLATION LEVEL REPEATABLE READ READ ONLY", ""),
            Access::Write => ("ISOLATION LEVEL READ COMMITTED READ WRITE", "for update"),
        };
        session.begin(mode)?;
        let name = &settings.run;
        let Some(head) = find_run(&session, name, lock)? else {
            bail!("the database has no run '{name}'; `lineage init --shared` makes it");
        };
        Ok(Self { session, head })
    }

    /// Gives the next statements at least this much time.
    pub fn extend_deadline(&mut self, time: Duration) -> Result<()> {
        self.session.extend_deadline(time)
    }

    /// Leaves the transaction and keeps the connection.
    pub fn end(self) -> Result<Session> {
        self.session.execute("ROLLBACK")?;
        Ok(self.session)
    }

    /// The time of the server: the clocks of hosts differ.
    pub fn now(&self) -> Result<Timestamp> {
        let sql = "select extract(epoch from clock_timestamp())::float8";
        let rows = self.session.query(sql, &[])?;
        Ok(to_timestamp(rows[0].get(0)))
    }

    /// The next rows after a number, at most `limit`, as they are after all amendments.
    pub fn rows_after(&self, seq: i64, limit: i64) -> Result<Vec<Row>> {
        let sql = "select seq, uuid, coalesce((select new from lineage_amendment a where a.run = t.run and a.seq = t.seq \
                   order by revision desc limit 1), line) \
                   from lineage_trial t where run = $1 and seq > $2 order by seq limit $3";
        let rows = self.session.query(
            sql,
            &[
                (&self.head.id, Type::INT4),
                (&seq, Type::INT8),
                (&limit, Type::INT8),
            ],
        )?;
        let row = |row: tokio_postgres::Row| Row {
            seq: row.get(0),
            uuid: row.get(1),
            line: row.get(2),
        };
        Ok(rows.into_iter().map(row).collect())
    }

    /// All amendments, in the order in which they were made.
    pub fn amendments(&self) -> Result<Vec<Amendment>> {
        let sql = "select revision, seq, old, new, why, extract(epoch from time)::float8 \
                   from lineage_amendment where run = $1 order by revision";
        let rows = self.session.query(sql, &[(&self.head.id, Type::INT4)])?;
        let amendment = |row: tokio_postgres::Row| Amendment {
            revision: row.get(0),
            seq: row.get(1),
            old: row.get(2),
            new: row.get(3),
            why: row.get(4),
            time: to_timestamp(row.get(5)),
        };
        Ok(rows.into_iter().map(amendment).collect())
    }

    /// Whether the database has a trial with this UUID.
    pub fn has(&self, uuid: Uuid) -> Result<bool> {
        let sql = "select 1 from lineage_trial where uuid = $1";
        Ok(!self.session.query(sql, &[(&uuid, Type::UUID)])?.is_empty())
    }

    /// Adds rows: lines with their jobs if these must be unique. The first one gets the UUID, the others the following ones.
    pub fn insert(&mut self, first: Uuid, rows: &[(&str, Option<&str>)]) -> Result<()> {
        self.session.extend_deadline(COMMIT_TIME)?;
        let sql = "insert into lineage_trial (run, seq, uuid, line, once, host) \
                   select $1, $2 + at, uuid, line, once, $3 \
                   from unnest($4::uuid[], $5::text[], $6::text[]) with ordinality as new (uuid, line, once, at)";
        let host = host();
        let mut uuid = first.as_u128();
        for rows in rows.chunks(INSERT_ROWS) {
            let uuids: Vec<Uuid> = (uuid..).take(rows.len()).map(Uuid::from_u128).collect();
            let lines: Vec<&str> = rows.iter().map(|(line, _)| *line).collect();
            let jobs: Vec<Option<&str>> = rows.iter().map(|(_, job)| *job).collect();
            self.session.change(
                sql,
                &[
                    (&self.head.id, Type::INT4),
                    (&self.head.rows, Type::INT8),
                    (&host, Type::TEXT),
                    (&uuids, Type::UUID_ARRAY),
                    (&lines, Type::TEXT_ARRAY),
                    (&jobs, Type::TEXT_ARRAY),
                ],
            )?;
            self.head.rows += i64::try_from(rows.len())?;
            uuid += rows.len() as u128;
        }
        self.update_counter("rows", self.head.rows)
    }

    /// Adds an amendment of a row.
    pub fn amend(&mut self, seq: i64, old: &str, new: &str, why: &str) -> Result<()> {
        self.session.extend_deadline(COMMIT_TIME)?;
        self.head.revision += 1;
        let sql = "insert into lineage_amendment (run, revision, seq, old, new, why, host) \
                   values ($1, $2, $3, $4, $5, $6, $7)";
        let host = host();
        self.session.change(
            sql,
            &[
                (&self.head.id, Type::INT4),
                (&self.head.revision, Type::INT8),
                (&seq, Type::INT8),
                (&old, Type::TEXT),
                (&new, Type::TEXT),
                (&why, Type::TEXT),
                (&host, Type::TEXT),
            ],
        )?;
        self.update_counter("revision", self.head.revision)
    }

    fn update_counter(&self, name: &str, value: i64) -> Result<()> {
        let sql = format!("update lineage_run set {name} = $2 where id = $1");
        self.session
            .change(&sql, &[(&self.head.id, Type::INT4), (&value, Type::INT8)])
    }

    /// After an `Unreachable` error, it is unknown whether the database has the rows.
    pub fn commit(&self) -> Result<()> {
        self.session.execute("COMMIT")
    }

    /// Trials in progress on any host with a heartbeat in the last ten minutes, each with the seconds since then.
    pub fn running(&self) -> Result<Vec<(String, String, f64)>> {
        let sql = "select uuid::text, trial, extract(epoch from clock_timestamp() - heartbeat)::float8 from lineage_running \
                   where run = $1 and heartbeat > clock_timestamp() - interval '10 minutes'";
        let rows = self.session.query(sql, &[(&self.head.id, Type::INT4)])?;
        Ok(rows
            .into_iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect())
    }
}

impl Session {
    /// Lists a trial as in progress or, if it is listed, renews its heartbeat.
    pub(super) fn announce(&self, run: &str, uuid: Uuid, trial: &str) -> Result<()> {
        let sql = "insert into lineage_running (uuid, run, trial) \
                   select $1, id, $3 from lineage_run where name = $2 \
                   on conflict (uuid) do update set heartbeat = now()";
        self.change(
            sql,
            &[
                (&uuid, Type::UUID),
                (&run, Type::TEXT),
                (&trial, Type::TEXT),
            ],
        )
    }

    /// Removes a trial that has ended from the list, and those without a heartbeat for a day.
    pub(super) fn withdraw(&self, uuid: Uuid) -> Result<()> {
        let sql =
            "delete from lineage_running where uuid = $1 or heartbeat < now() - interval '1 day'";
        self.change(sql, &[(&uuid, Type::UUID)])
    }
}

#[expect(clippy::cast_possible_truncation)]
fn to_timestamp(seconds: f64) -> Timestamp {
    Timestamp::from_microsecond((seconds * 1e6) as i64).unwrap_or(Timestamp::MAX)
}
