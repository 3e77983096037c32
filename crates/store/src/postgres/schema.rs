//! What the database must be, and bringing it to the schema of today.

use std::path::PathBuf;

use super::address::Address;
use super::link::Link;
use super::pool::pause;
use super::sql::statements;
use crate::error::{Result, StoreError};

/// Are all steps from an empty database to the schema of today. Released ones are never changed.
pub(super) const MIGRATIONS: [&str; 2] = [include_str!("migrations/0001-begin.sql"), include_str!("migrations/0002-joining.sql")];

/// Is the schema of today.
pub const KNOWN: u32 = MIGRATIONS.len() as u32;

/// Is the oldest PostgreSQL that is good enough: 14, as the database numbers it.
const OLDEST: u32 = 140_000;

/// Lists the tables that must be there.
pub const TABLES: [&str; 21] = [
    "apart",
    "tenants",
    "sites",
    "codes",
    "tenant_tokens",
    "senders",
    "standings",
    "credentials",
    "inbox",
    "devices",
    "marks",
    "views",
    "history",
    "ledger",
    "commands",
    "signposts",
    "api_tokens",
    "users",
    "web_sessions",
    "pulse",
    "schema_steps",
];

/// Is the first thing a new database gets: which steps have been taken.
const STEPS_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_steps (step bigint NOT NULL PRIMARY KEY)";

/// Keeps others that migrate waiting.
const STEPS_LOCK: &str = "LOCK TABLE schema_steps IN ACCESS EXCLUSIVE MODE";

statements! {
    Schema ABOUT = "SELECT current_setting('server_version_num')::bigint, current_setting('server_version'), current_setting('server_encoding'), \
                    current_setting('fsync'), current_setting('full_page_writes')";
    Schema PRESENT = "SELECT c.relname::text FROM pg_catalog.pg_class c \
                      WHERE c.relname = ANY ($1::text[]) AND c.relkind IN ('r', 'p') AND pg_catalog.pg_table_is_visible(c.oid)";
    Schema FOREIGN = "SELECT count(*) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
                      WHERE c.relkind IN ('r', 'p') AND n.nspname = current_schema() AND c.relname <> ALL ($1::text[])";
    Schema REACHED = "SELECT coalesce(max(step), 0) FROM schema_steps";
    Schema TAKE_STEP = "INSERT INTO schema_steps (step) VALUES ($1)";
    Schema REFUSED = "SELECT t.name, r.what FROM unnest($1::text[]) AS t(name), unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r(what) \
                      WHERE NOT pg_catalog.has_table_privilege(t.name, r.what) LIMIT 1";
}

/// Makes sure that the database can be worked with, and brings it to the schema of today.
pub async fn settle(link: &Link, address: &Address) -> Result<()> {
    check_database(link, address).await?;
    for attempt in 1.. {
        match migrate(link, address).await {
            // Two programs that begin at once meet here; the slower one finds the work done.
            Err(StoreError::Conflict { .. }) if attempt < 20 => {
                link.command("ROLLBACK").await?;
                pause(attempt).await;
            }
            Ok(()) => break,
            Err(fault) => {
                // What the transaction was stopped by is told; that it was undone is its end.
                drop(link.command("ROLLBACK").await);
                return Err(fault.lacking("CREATE on its schema", &address.to_string()));
            }
        }
    }
    check_rights(link, address).await
}

async fn check_database(link: &Link, address: &Address) -> Result<()> {
    let about = link
        .one(&ABOUT, &[], |row| {
            let number: i64 = row.try_get(0)?;
            let texts: [String; 4] = [row.try_get(1)?, row.try_get(2)?, row.try_get(3)?, row.try_get(4)?];
            Ok((u32::try_from(number).unwrap_or(0), texts))
        })
        .await?;
    let Some((number, [version, encoding, fsync, full_pages])) = about else {
        return Err(StoreError::Unreadable { table: "pg_settings" });
    };
    judge(number, version, encoding, address)?;
    if fsync == "off" || full_pages == "off" {
        tracing::warn!("the database runs with fsync or full_page_writes off: what is acknowledged can be lost with the power");
    }
    Ok(())
}

/// Says whether a database of this version and encoding is good enough.
fn judge(number: u32, version: String, encoding: String, address: &Address) -> Result<()> {
    let database = address.to_string();
    if number < OLDEST {
        return Err(StoreError::OldDatabase { database, found: version });
    }
    if encoding != "UTF8" {
        return Err(StoreError::Encoding { database, found: encoding });
    }
    Ok(())
}

/// Returns how far the schema of a database has come; 0 is an empty one.
///
/// # Errors
/// Fails where the database is somebody else's, newer than this program, or only half there.
pub async fn version(link: &Link, address: &Address) -> Result<u32> {
    let present: Vec<String> = link.all(&PRESENT, &[&TABLES.as_slice()], |row| Ok(row.try_get(0)?)).await?;
    let has = |name: &str| present.iter().any(|table| table == name);
    let path = || PathBuf::from(address.to_string());
    if !has("schema_steps") {
        if !present.is_empty() {
            return Err(StoreError::HalfMigrated { database: address.to_string(), missing: "schema_steps" });
        }
        let others: i64 = link.one(&FOREIGN, &[&TABLES.as_slice()], |row| Ok(row.try_get(0)?)).await?.unwrap_or_default();
        return if others == 0 { Ok(0) } else { Err(StoreError::NotAStore { path: path() }) };
    }
    let reached = link.one(&REACHED, &[], |row| Ok(row.try_get::<_, i64>(0)?)).await;
    let reached = reached.map_err(|fault| fault.lacking("SELECT on table schema_steps", &address.to_string()))?.unwrap_or_default();
    let found = u32::try_from(reached).unwrap_or(u32::MAX);
    if found > KNOWN {
        return Err(StoreError::Newer { path: path(), found, known: KNOWN });
    }
    if let Some(missing) = TABLES.iter().find(|table| found > 0 && !has(table)) {
        return Err(StoreError::HalfMigrated { database: address.to_string(), missing });
    }
    Ok(found)
}

async fn migrate(link: &Link, address: &Address) -> Result<()> {
    if version(link, address).await? == KNOWN {
        return Ok(());
    }
    link.command("BEGIN").await?;
    link.command(STEPS_TABLE).await?;
    link.command(STEPS_LOCK).await?;
    // Another program may have been faster.
    let found = version(link, address).await?;
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(found as usize) {
        link.command(sql).await?;
        let number = i64::try_from(step + 1).unwrap_or(i64::MAX);
        link.run(&TAKE_STEP, &[&number]).await?;
        tracing::info!(schema = number, "the store has got a new schema");
    }
    link.command("COMMIT").await
}

async fn check_rights(link: &Link, address: &Address) -> Result<()> {
    let refused = link.one(&REFUSED, &[&TABLES.as_slice()], |row| Ok((row.try_get::<_, String>(0)?, row.try_get::<_, String>(1)?))).await?;
    match refused {
        None => Ok(()),
        Some((table, right)) => {
            Err(StoreError::NoRight { database: address.to_string(), right: format!("{right} on table {table}"), source: None })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_database_and_a_foreign_encoding_are_named() {
        let address: Address = "postgres://r@localhost/fleet".parse().unwrap();
        let judged = |number, version: &str, encoding: &str| judge(number, version.to_owned(), encoding.to_owned(), &address);
        judged(140_000, "14.0", "UTF8").unwrap();
        let old = judged(130_011, "13.11", "UTF8").unwrap_err().to_string();
        assert_eq!(old, "postgres://localhost:5432/fleet is PostgreSQL 13.11, expected 14 or newer: update it");
        let foreign = judged(150_004, "15.4", "SQL_ASCII").unwrap_err().to_string();
        assert!(foreign.contains("SQL_ASCII") && foreign.contains("UTF8"), "{foreign}");
    }
}
