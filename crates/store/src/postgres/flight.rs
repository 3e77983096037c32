//! Statements that travel together: all are sent before the first answer is waited for.

use futures_util::future::join_all;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::link::Link;
use super::pool::Flight as Answer;
use super::sql::Sql;
use crate::error::Result;

/// Is a value for a statement.
pub type Value<'a> = Box<dyn ToSql + Sync + Send + 'a>;

/// Lists values for a statement.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$(Box::new($value) as $crate::postgres::flight::Value<'_>),*] };
}
pub(super) use values;

/// Is statements about to leave, in their order.
pub struct Flight<'a> {
    link: &'a Link,
    answers: Vec<Answer<'a, Vec<Row>>>,
}

impl<'a> Flight<'a> {
    pub fn new(link: &'a Link) -> Self {
        Flight { link, answers: Vec::new() }
    }

    /// Adds a command without values.
    pub fn command(&mut self, sql: &'static str) {
        let client = self.link.client();
        self.answers.push(Box::pin(async move {
            client.batch_execute(sql).await?;
            Ok(Vec::new())
        }));
    }

    /// Adds a statement.
    pub async fn add(&mut self, sql: &Sql, values: Vec<Value<'a>>) -> Result<()> {
        let statement = self.link.prepared(sql).await?;
        let client = self.link.client();
        self.answers.push(Box::pin(async move {
            let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
            Ok(client.query(&statement, &values).await?)
        }));
        Ok(())
    }

    /// Sends everything and waits for the answers; the first fault is the one that counts, since those
    /// after it are only its consequence.
    pub async fn land(self) -> Result<Vec<Vec<Row>>> {
        join_all(self.answers).await.into_iter().collect()
    }
}
