//! A connection on which nothing takes longer than a deadline: a silent server would otherwise hang a command for ever, in
//! spite of all timeouts for connecting.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};
use tokio::{runtime::Runtime, time::timeout_at};
use tokio_postgres::{
    Client, Error, Row,
    types::{ToSql, Type},
};

use super::{address::Address, password::host_name};
use crate::store::Unreachable;

/// The server gives up on a client that stops in the middle of a transaction: it would block every other writer.
const MAX_IDLE: Duration = Duration::from_secs(15);

pub(super) type Parameter<'a> = (&'a (dyn ToSql + Sync), Type);

pub struct Session {
    runtime: Option<Runtime>,
    client: Client,
    host: String,
    deadline: Instant,
}

impl Session {
    pub fn connect(url: &str, password: Option<&str>, deadline: Instant) -> Result<Self> {
        let address = Address::parse(url, password)?;
        let host = host_name(&address.config);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let tls = address.tls.connector()?; // not asked if `sslmode` is `disable`
        let connected = wait(&runtime, deadline, async {
            let (client, connection) = address.config.connect(tls).await?;
            tokio::spawn(connection);
            Ok(client)
        });
        match connected {
            Ok(client) => Ok(Self {
                runtime: Some(runtime),
                client,
                host,
                deadline,
            }),
            Err(failure) => {
                runtime.shutdown_background(); // a look-up of the name may still be waiting
                Err(failure.explain(&host, address.hint))
            }
        }
    }

    /// Waits for an answer, up to the deadline.
    fn wait<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T> {
        let runtime = self.runtime.as_ref().expect("it is there until the drop");
        wait(runtime, self.deadline, answer).map_err(|failure| failure.explain(&self.host, None))
    }

    pub(super) fn query(&self, sql: &str, parameters: &[Parameter]) -> Result<Vec<Row>> {
        self.wait(self.client.query_typed(sql, parameters))
    }

    pub(super) fn change(&self, sql: &str, parameters: &[Parameter]) -> Result<()> {
        self.wait(self.client.execute_typed(sql, parameters))?;
        Ok(())
    }

    pub(super) fn execute(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Starts a transaction in which the server, too, gives up at the deadline.
    pub(super) fn begin(&self, mode: &str) -> Result<()> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        let lock = (left.as_millis() * 8 / 10).max(1);
        let (statement, idle) = (limit_statements(left), MAX_IDLE.as_millis());
        self.execute(&format!(
            "BEGIN {mode}; SET LOCAL lock_timeout = {lock}; {statement}; \
             SET LOCAL idle_in_transaction_session_timeout = {idle}"
        ))
    }

    pub fn set_deadline(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    /// Gives the next statements of a transaction at least this much time, here and on the server.
    pub(super) fn extend_deadline(&mut self, time: Duration) -> Result<()> {
        let deadline = Instant::now() + time;
        if deadline <= self.deadline {
            return Ok(());
        }
        self.deadline = deadline;
        self.execute(&limit_statements(time))
    }
}

/// Limits the next statements on the server to a little less than here, so that its answer says why.
fn limit_statements(time: Duration) -> String {
    let limit = (time.as_millis() * 9 / 10).max(1);
    format!("SET LOCAL statement_timeout = {limit}")
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Why there is no answer.
enum Failure {
    Silence,
    Client(Error),
}

fn wait<T>(
    runtime: &Runtime,
    deadline: Instant,
    answer: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    runtime.block_on(async {
        match timeout_at(deadline.into(), answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::Client(error)),
            Err(_) => Err(Failure::Silence),
        }
    })
}

impl Failure {
    /// `Unreachable` if trying again later may help, else an error.
    fn explain(self, host: &str, hint: Option<String>) -> anyhow::Error {
        let error = match self {
            Self::Silence => {
                return Unreachable::new(format!("{host} does not answer in time")).into();
            }
            Self::Client(error) => error,
        };
        let Some(answer) = error.as_db_error() else {
            let mut text = describe_chain(&error);
            if let Some(hint) = hint {
                text += &format!("; {hint}");
            }
            return Unreachable::new(format!("{host}: {text}")).into();
        };
        let message = answer.message();
        let code = answer.code().code();
        if code == "42P01" {
            return anyhow!(
                "the database has no tables of lineage ({message}); `lineage init --shared` makes them"
            );
        }
        // 22, 23 and 42: the statement itself is refused, as for lack of a privilege.
        if ["22", "23", "42"].contains(&&code[..2]) {
            return anyhow!("the database refuses: {message}");
        }
        let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
        Unreachable::new(format!("{host}: {message}{hint}")).into()
    }
}

/// An error and its causes, each said once.
fn describe_chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text += &format!(": {said}");
        }
        cause = error.source();
    }
    text
}
