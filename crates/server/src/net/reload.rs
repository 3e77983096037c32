//! Certificates that change without a restart.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rustls::ServerConfig;

use super::tls::{self, Loaded, TlsError, TlsFiles, TlsWarning};

/// Holds the TLS settings of a listener and takes new ones when the files change.
///
/// A new connection gets the newest settings that worked; connections under way keep theirs.
/// Whoever renews certificates writes one file after the other, so between the two the pair does
/// not fit: then the old settings stay until a pair fits.
pub struct Reloader {
    files: TlsFiles,
    state: Mutex<State>,
}

struct State {
    loaded: Loaded,
    /// Is what the files looked like when they were last read, whether they worked or not: a
    /// broken file is reported once and not every few seconds.
    seen: Vec<Option<Stamp>>,
}

/// Is what tells a changed file from an unchanged one without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// Is the file's number and the time of its last change of any kind, where there are such: a
    /// renamed or re-permitted file may keep its time of modification.
    node: Option<(u64, i64, i64)>,
}

/// Says what a look at the files has brought.
#[derive(Debug)]
pub enum Reload {
    /// The files are those that were read last.
    Unchanged,
    /// New connections get the new certificate, which ends at this time.
    Reloaded(Timestamp),
    /// The files have changed and do not work; the old certificate stays in use.
    Kept(TlsError),
}

impl Reloader {
    /// Reads the files for the first time, and says in the log what is odd about them.
    ///
    /// # Errors
    ///
    /// See [`TlsError`]: a server should not start with files that do not work.
    pub fn load(files: TlsFiles, now: Timestamp) -> Result<Arc<Self>, TlsError> {
        let seen = stamps(&files);
        let loaded = tls::load(&files, now)?;
        warn_of(&loaded);
        Ok(Arc::new(Self { files, state: Mutex::new(State { loaded, seen }) }))
    }

    /// Looks whether the files have changed, and reads them if so.
    pub fn check(&self, now: Timestamp) -> Reload {
        if stamps(&self.files) == self.state().seen { Reload::Unchanged } else { self.reload(now) }
    }

    /// Reads the files whether they have changed or not.
    pub fn reload(&self, now: Timestamp) -> Reload {
        // The stamps are older than what is read: a change in between is seen at the next look.
        let seen = stamps(&self.files);
        let loaded = tls::load(&self.files, now);
        let mut state = self.state();
        state.seen = seen;
        match loaded {
            Ok(loaded) => {
                warn_of(&loaded);
                tracing::info!(certificate.not_after = %loaded.not_after, "TLS certificate reloaded");
                state.loaded = loaded;
                Reload::Reloaded(state.loaded.not_after)
            }
            Err(error) => {
                tracing::error!(
                    error = %chain(&error),
                    certificate.not_after = %state.loaded.not_after,
                    "the changed TLS files do not work; the old certificate stays in use"
                );
                Reload::Kept(error)
            }
        }
    }

    /// Looks at the files again and again, and reads them at once on SIGHUP. Never returns; drop
    /// the future to end it.
    ///
    /// From its first poll on, SIGHUP no longer ends the program.
    pub async fn watch(self: Arc<Self>, every: Duration) {
        let mut hangup = Hangup::new();
        loop {
            let asked = tokio::select! {
                () = hangup.received() => true,
                () = tokio::time::sleep(every) => false,
            };
            let reloader = Arc::clone(&self);
            let look = move || if asked { reloader.reload(Timestamp::now()) } else { reloader.check(Timestamp::now()) };
            // Files may lie on a network; a look at them must not hold up connections.
            if let Err(error) = tokio::task::spawn_blocking(look).await {
                tracing::error!(%error, "the look at the TLS files broke off");
            }
        }
    }

    /// Returns when the certificate in use ends.
    pub fn not_after(&self) -> Timestamp {
        self.state().loaded.not_after
    }

    /// Returns what is odd about the files in use.
    pub fn warnings(&self) -> Vec<TlsWarning> {
        self.state().loaded.warnings.clone()
    }

    /// Returns the settings for a new connection.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.state().loaded.config)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock leaves the state half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Reloader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reloader").field("files", &self.files).finish_non_exhaustive()
    }
}

fn warn_of(loaded: &Loaded) {
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
}

/// Joins an error and its causes into one line.
fn chain(error: &TlsError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

fn stamps(files: &TlsFiles) -> Vec<Option<Stamp>> {
    files.paths().map(stamp).collect()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some(Stamp { modified: metadata.modified().ok(), length: metadata.len(), node: node(&metadata) })
}

#[cfg(unix)]
fn node(metadata: &std::fs::Metadata) -> Option<(u64, i64, i64)> {
    use std::os::unix::fs::MetadataExt;
    Some((metadata.ino(), metadata.ctime(), metadata.ctime_nsec()))
}

#[cfg(not(unix))]
fn node(_metadata: &std::fs::Metadata) -> Option<(u64, i64, i64)> {
    None
}

/// Waits for SIGHUP, by which administrators ask daemons to read their files again.
struct Hangup {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangup {
    #[cfg(unix)]
    fn new() -> Self {
        let signal = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup());
        if let Err(error) = &signal {
            tracing::warn!(%error, "SIGHUP cannot be waited for; changed TLS files are still noticed");
        }
        Self { signal: signal.ok() }
    }

    #[cfg(not(unix))]
    fn new() -> Self {
        Self {}
    }

    async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
