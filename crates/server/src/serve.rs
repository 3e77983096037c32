//! A server from start to end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use store::Store;
use tokio::task::JoinSet;

use crate::app::{App, Clock};
use crate::config::{Checked, Settings};
use crate::identity::{Identity, IdentityError};
use crate::net::{self, BindError, Limits, Listener, Reloader, ServeError, TlsError};
use crate::open::{Claim, OpenError, Opened, open};
use crate::{watch, web};

/// Is how often the certificate's files are looked at.
const LOOK_AT_FILES: Duration = Duration::from_secs(10);

/// Is what a server is made of.
pub struct Options {
    pub settings: Settings,
    /// The time, for everything but the network's deadlines.
    pub clock: Clock,
    /// A store instead of the one that the settings name.
    pub store: Option<Arc<dyn Store>>,
    /// Is called once the server answers.
    pub on_ready: Option<Box<dyn FnOnce(Ready) + Send>>,
}

impl Options {
    /// Makes a server of these settings, by the clock of this computer.
    pub fn new(settings: Settings) -> Self {
        Options { settings, clock: Arc::new(Timestamp::now), store: None, on_ready: None }
    }
}

/// Is a server that answers.
pub struct Ready {
    /// In the order of the settings, with the ports they really got.
    pub addresses: Vec<SocketAddr>,
    /// The authority that senders are to trust, if the server has its own.
    pub authority_file: Option<PathBuf>,
    pub app: Arc<App>,
}

/// Says why a server has not started, or has ended.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Identity(#[from] IdentityError),
    #[error("the server's certificate cannot be used")]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Bind(#[from] BindError),
    #[error("a list of addresses cannot be read")]
    Addresses(#[from] net::AddressError),
    #[error("the server has broken off")]
    Serve(#[from] ServeError),
    #[error("the start has broken off")]
    Task(#[from] tokio::task::JoinError),
}

/// Serves until `shutdown` is ready; then takes no more calls, answers those under way, and returns.
///
/// # Errors
/// Fails with whatever keeps the server from starting.
pub async fn serve_with(options: Options, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let Options { settings, clock, store, on_ready } = options;
    let checked = Checked::of(&settings)?;
    let now = clock();
    // Files, disks and key generation may take their time; the runtime's threads do not.
    let opening = settings.clone();
    let (claim, opened, identity) = tokio::task::spawn_blocking(move || begin(&opening, store, now)).await??;
    let tls = Reloader::load(identity.files, Timestamp::now())?;
    let listeners = listeners(&settings, &checked, &tls).await?;
    let addresses: Vec<SocketAddr> = listeners.iter().map(Listener::address).collect();
    let limits = Limits {
        connections: settings.limits.connections as usize,
        connections_per_address: settings.limits.connections_per_address as usize,
        ..Limits::default()
    };
    let app = Arc::new(App::new(opened.store, opened.key, clock, settings, checked, identity.introduction));
    let router = web::router(Arc::clone(&app));

    let mut timers = JoinSet::new();
    timers.spawn(Arc::clone(&tls).watch(LOOK_AT_FILES));
    timers.spawn(watch::sweeps(Arc::clone(&app)));
    timers.spawn(watch::prunings(Arc::clone(&app)));
    let authority_file = identity.own.as_ref().map(|own| own.authority_file());
    if let Some(own) = identity.own {
        timers.spawn(watch::renewals(own));
    }
    tracing::info!(?addresses, "the server answers");
    if app.introduction.server.is_none() {
        tracing::warn!("no enrolment code can be made: set tls.name to the name and port under which senders reach this server");
    }
    if let Some(on_ready) = on_ready {
        on_ready(Ready { addresses, authority_file, app });
    }
    net::serve(listeners, router, limits, shutdown).await?;
    timers.shutdown().await;
    drop(claim);
    tracing::info!("the server has stopped");
    Ok(())
}

/// Opens everything that lies on disk. A store that is given is nobody else's, so nothing is claimed.
fn begin(settings: &Settings, store: Option<Arc<dyn Store>>, now: Timestamp) -> Result<(Option<Claim>, Opened, Identity), StartError> {
    let (claim, opened) = match store {
        Some(store) => {
            crate::identity::make_folder(&settings.data).map_err(|source| OpenError::Folder { path: settings.data.clone(), source })?;
            let key = crate::credential::ServerKey::open_or_make(&settings.key_file()).map_err(OpenError::Key)?;
            (None, Opened { store, key })
        }
        None => {
            crate::identity::make_folder(&settings.data).map_err(|source| OpenError::Folder { path: settings.data.clone(), source })?;
            // A file has one server; a database may have several.
            (settings.database().map(|file| Claim::of(&file)).transpose()?, open(settings)?)
        }
    };
    Ok((claim, opened, Identity::of(settings, now)?))
}

async fn listeners(settings: &Settings, checked: &Checked, tls: &Arc<Reloader>) -> Result<Vec<Listener>, BindError> {
    let mut listeners = Vec::new();
    for (listen, allow) in settings.listen.iter().zip(&checked.allow) {
        let listener = Listener::bind(listen.address.socket_address())?;
        listeners.push(listener.with_tls(Arc::clone(tls)).allowing(allow.clone()));
    }
    Ok(listeners)
}
