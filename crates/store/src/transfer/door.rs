//! The PostgreSQL side of a move: one connection, one transaction.

use jiff::Timestamp;
use tokio_postgres::types::Type;

use super::table::{Kind, TABLES, Table};
use crate::error::Result;
use crate::postgres::link::Link;
use crate::postgres::months::Months;
use crate::postgres::tls::Tls;
use crate::postgres::{Address, schema};

/// Is a database that a store moves into or out of.
pub struct Door {
    link: Link,
}

impl Door {
    /// Connects, and brings the database to the schema of today.
    pub async fn open(address: &Address) -> Result<Self> {
        let link =
            Link::open(address, &Tls::of(address.security())?).await.map_err(|fault| crate::postgres::at_the_door(fault, address))?;
        schema::settle(&link, address).await?;
        // A move takes as long as it takes.
        link.command("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0").await?;
        Ok(Door { link })
    }

    pub fn link(&self) -> &Link {
        &self.link
    }

    pub async fn has_rows(&self, table: &Table) -> Result<bool> {
        let row = self.link.client().query_one(&format!("SELECT EXISTS (SELECT 1 FROM {})", table.name), &[]).await?;
        Ok(row.try_get(0)?)
    }

    /// Makes the tables of all months that rows are about to come for.
    pub async fn make_months(&self, days: &[i64], newest: Timestamp) -> Result<()> {
        Months::default().provide(&self.link, days.iter().copied(), newest).await;
        Ok(())
    }

    /// Begins a transaction beside which nobody writes, so that a server which is started too early waits.
    pub async fn begin_alone(&self) -> Result<()> {
        let tables: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        self.link.command(&format!("BEGIN; LOCK TABLE {} IN EXCLUSIVE MODE", tables.join(", "))).await
    }

    /// Begins a transaction in which everything is of one moment.
    pub async fn begin_reading(&self) -> Result<()> {
        self.link.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    pub async fn commit(&self) -> Result<()> {
        self.link.command("COMMIT").await
    }
}

/// Lists the types of a table's columns there.
pub fn types(table: &Table) -> Vec<Type> {
    let types = table.columns.iter().map(|(_, kind)| match kind {
        Kind::Id => Type::UUID,
        Kind::Octets => Type::BYTEA,
        Kind::Text => Type::TEXT,
        Kind::Number => Type::INT8,
        Kind::Flag => Type::BOOL,
    });
    types.collect()
}
