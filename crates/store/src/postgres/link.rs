//! One connection to the database, with its statements prepared once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, Statement};

use super::address::Address;
use super::sql::Sql;
use super::tls::Tls;
use crate::error::{Result, StoreError};

/// Is values for a statement.
pub type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Is how long it may take until a connection stands.
const CONNECTING: Duration = Duration::from_secs(5);

/// Is how long octets may stay unconfirmed by the other side before the connection counts as broken.
const SILENCE: Duration = Duration::from_secs(20);

/// What every session is told. Nothing waits without an end; and the plans of statements, which all
/// look up rows by their keys, must not depend on when statistics were taken last: on a table that
/// was empty yesterday PostgreSQL would read it from end to end today.
const SESSION: &str = "-c statement_timeout=60s -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s \
     -c client_min_messages=error -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

/// Is one connection.
pub struct Link {
    client: Client,
    statements: Mutex<BTreeMap<&'static str, Statement>>,
}

impl Link {
    /// Connects. What keeps the connection going is a task of its own.
    pub async fn open(address: &Address, tls: &Tls) -> Result<Self> {
        let mut config = address.config().clone();
        let options = config.get_options().map_or(SESSION.to_owned(), |own| format!("{SESSION} {own}"));
        config.options(options).connect_timeout(CONNECTING).tcp_user_timeout(SILENCE).keepalives_idle(SILENCE);
        if config.get_application_name().is_none() {
            config.application_name("roundsman-server");
        }
        let connecting = tokio::time::timeout(2 * CONNECTING, config.connect(tls.clone()));
        let (client, connection) = connecting.await.map_err(|_| StoreError::Unreachable { source: None })??;
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::warn!(error = &error as &dyn std::error::Error, "a connection to the database has broken");
            }
        });
        let link = Link { client, statements: Mutex::default() };
        link.settle().await?;
        Ok(link)
    }

    /// Makes sure that a commit is on disk when the database says so.
    async fn settle(&self) -> Result<()> {
        let sql = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";
        self.client.batch_execute(sql).await.map_err(StoreError::from)
    }

    pub fn is_broken(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs commands without values, such as `BEGIN`.
    pub async fn command(&self, sql: &str) -> Result<()> {
        Ok(self.client.batch_execute(sql).await?)
    }

    /// Prepares a statement, once a connection.
    pub async fn prepared(&self, sql: &Sql) -> Result<Statement> {
        let known = self.statements.lock().unwrap_or_else(PoisonError::into_inner).get(sql.name).cloned();
        if let Some(statement) = known {
            return Ok(statement);
        }
        let statement = self.client.prepare(sql.text).await?;
        self.statements.lock().unwrap_or_else(PoisonError::into_inner).insert(sql.name, statement.clone());
        Ok(statement)
    }

    /// Runs a statement; returns how many rows it touched.
    pub async fn run(&self, sql: &Sql, values: Values<'_>) -> Result<u64> {
        let statement = self.prepared(sql).await?;
        Ok(self.client.execute(&statement, values).await?)
    }

    /// Returns the row, if there is one.
    pub async fn one<T>(&self, sql: &Sql, values: Values<'_>, read: impl FnOnce(&Row) -> Result<T>) -> Result<Option<T>> {
        let statement = self.prepared(sql).await?;
        let rows = self.client.query(&statement, values).await?;
        rows.first().map(read).transpose()
    }

    /// Returns all rows.
    pub async fn all<T>(&self, sql: &Sql, values: Values<'_>, read: impl FnMut(&Row) -> Result<T>) -> Result<Vec<T>> {
        let statement = self.prepared(sql).await?;
        let rows = self.client.query(&statement, values).await?;
        rows.iter().map(read).collect()
    }

    /// Gives the client, for what only it can: questions in flight together, and copying.
    pub fn client(&self) -> &Client {
        &self.client
    }
}
