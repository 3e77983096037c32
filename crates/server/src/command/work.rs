//! What administration has in common: the store, the time, and how a command ends.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use jiff::Timestamp;
use store::{Scope, Sender, Store, Tenant};

use crate::config::Settings;
use crate::credential::ServerKey;
use crate::open::{OpenError, Opened, open};
use crate::problem::chain;

/// Is why a command has failed, and how it ends.
#[derive(Debug)]
pub struct Failed {
    message: String,
    code: u8,
}

impl Failed {
    /// Fails because what was typed or configured is wrong.
    pub fn usage(error: &dyn std::error::Error) -> Self {
        Failed { message: chain(error), code: 2 }
    }

    /// Fails with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Failed { message: message.into(), code: 1 }
    }

    /// Fails because what was typed is wrong.
    pub fn wrong(message: impl Into<String>) -> Self {
        Failed { message: message.into(), code: 2 }
    }

    /// Tells why, and returns the exit code.
    pub fn told(&self) -> ExitCode {
        eprintln!("roundsman-server: {}", self.message);
        self.code.into()
    }
}

impl<E: std::error::Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Failed::new(chain(&error))
    }
}

/// Prints to standard output. A reader that goes away is no failure of ours.
pub fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Is what a command works with.
pub struct Work {
    pub settings: Settings,
    pub store: Arc<dyn Store>,
    pub key: ServerKey,
    pub now: Timestamp,
}

impl Work {
    /// Opens the store, beside a server that may be running.
    pub fn open(settings: Settings) -> Result<Self, Failed> {
        let Opened { store, key } = open(&settings).map_err(|error: OpenError| Failed::from(error))?;
        Ok(Work { settings, store, key, now: Timestamp::now() })
    }

    /// Carries a command out.
    pub fn run<F>(self, command: impl FnOnce(Work) -> F) -> Result<(), Failed>
    where
        F: Future<Output = Result<(), Failed>>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(command(self))
    }

    /// Finds a tenant by name; without a name, the only one there is.
    pub async fn tenant(&self, name: Option<&str>) -> Result<Tenant, Failed> {
        let mut tenants = self.store.tenants().await?;
        match name {
            Some(name) => {
                let known = tenants.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>().join(", ");
                let unknown = || Failed::wrong(format!("there is no tenant \"{name}\"; there are: {known}"));
                tenants.into_iter().find(|tenant| tenant.name == name).ok_or_else(unknown)
            }
            None if tenants.len() == 1 => Ok(tenants.remove(0)),
            None if tenants.is_empty() => Err(Failed::wrong("there is no tenant yet; add one with `roundsman-server tenant add NAME`")),
            None => Err(Failed::wrong("there are several tenants; name one with --tenant")),
        }
    }

    /// Returns the scope of a tenant's name: all tenants without one.
    pub async fn scope(&self, name: Option<&str>) -> Result<Scope, Failed> {
        match name {
            Some(name) => Ok(Scope::Tenant(self.tenant(Some(name)).await?.id)),
            None => Ok(Scope::AllTenants),
        }
    }

    /// Finds a sender of any tenant.
    pub async fn sender(&self, id: &str) -> Result<Sender, Failed> {
        let unknown = || Failed::wrong(format!("there is no sender \"{id}\"; `roundsman-server sender list` shows them"));
        let id = id.parse().map_err(|_| unknown())?;
        for tenant in self.store.tenants().await? {
            if let Some(sender) = self.store.sender(tenant.id, id).await? {
                return Ok(sender);
            }
        }
        Err(unknown())
    }

    /// Returns the moment so long from now.
    pub fn after(&self, span: settings::Span) -> Result<Timestamp, Failed> {
        let seconds = i64::try_from(span.seconds()).unwrap_or(i64::MAX);
        self.now
            .checked_add(jiff::SignedDuration::from_secs(seconds))
            .map_err(|_| Failed::wrong(format!("{span} is longer than time lasts")))
    }
}

/// Returns a table with columns as wide as they need to be.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row.get(column).map_or(0, |cell| cell.chars().count()));
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    std::iter::once(line(&head)).chain(rows.iter().map(|row| line(row))).map(|line| line + "\n").collect()
}
