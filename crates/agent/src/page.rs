//! The agent's own page, and the interface that its commands use: on loopback unless the site says otherwise.
//!
//! From the first day there is a password and a session, a list of names by which the page may be
//! called (so that no stranger's name can be pointed at it), a token in every form, and nothing that
//! a script could run. It is served by one thread with one connection budget.

mod api;
mod guard;
mod look;
mod rooms;
mod session;
mod view;

use std::io;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use survey::targets::Targets;

use crate::board::SharedBoard;
use crate::config::{Config, targets};
use crate::run::Message;
use crate::secrets;
use crate::shared::Shared;

pub use look::{preview, standing};
use session::Sessions;
pub use view::record;

/// Is the name of the file with the page's password.
pub const PASSWORD_FILE: &str = "page-password";
/// Is the name of the file with the token of the local interface.
pub const TOKEN_FILE: &str = "local-token";
/// Is the name of the file that tells where the page listens.
pub const ADDRESS_FILE: &str = "page-address";

/// Is the most connections at once.
const MOST_CONNECTIONS: usize = 32;
/// Is how long a caller may take to say what it wants.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Is how long a connection may last, whatever is said on it.
const CONNECTION_WITHIN: Duration = Duration::from_secs(300);
/// Is the largest form.
const LARGEST_FORM: usize = 16 * 1024;
/// Is the longest request line or header together.
const LARGEST_HEAD: usize = 16 * 1024;

/// Is what the page shows and does, and what it takes to be let in.
pub struct App {
    config: Arc<Config>,
    folder: PathBuf,
    store: Shared,
    board: SharedBoard,
    sender: Mutex<Sender<Message>>,
    sessions: Mutex<Sessions>,
    password: String,
    token: String,
    /// The names by which the page may be called, in lower case, without port.
    hosts: Vec<String>,
}

/// Says why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("the agent's page cannot listen on {address}; is another agent running there? choose another address in [page] listen")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the page's password or token cannot be kept in the agent's folder")]
    Secrets(#[source] io::Error),
    #[error("the system gives no thread for the page")]
    Thread(#[source] io::Error),
}

/// Is the page while it is served.
pub struct Served {
    pub address: SocketAddr,
}

/// Serves the page on a thread of its own until the process ends.
///
/// # Errors
/// Fails if the address is taken, or the folder cannot be written.
pub fn serve(
    config: &Arc<Config>,
    folder: PathBuf,
    store: Shared,
    board: SharedBoard,
    sender: Sender<Message>,
) -> Result<Served, PageError> {
    let wanted = config.page.listen.socket_address();
    let listen = |source| PageError::Listen { address: wanted, source };
    let listener = TcpListener::bind(wanted).map_err(listen)?;
    listener.set_nonblocking(true).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let password = secrets::kept(&folder.join(PASSWORD_FILE), secrets::password).map_err(PageError::Secrets)?;
    let token = secrets::kept(&folder.join(TOKEN_FILE), secrets::token).map_err(PageError::Secrets)?;
    secrets::write(&folder.join(ADDRESS_FILE), format!("{address}\n").as_bytes()).map_err(PageError::Secrets)?;
    let app = App {
        hosts: guard::hosts(&config.page.hosts, address.ip()),
        config: config.clone(),
        folder,
        store,
        board,
        sender: Mutex::new(sender),
        sessions: Mutex::new(Sessions::default()),
        password,
        token,
    };
    let allowed = allowed(config);
    let thread = std::thread::Builder::new().name("page".to_owned()).stack_size(1 << 20);
    thread.spawn(move || run(listener, Arc::new(app), &allowed)).map_err(PageError::Thread)?;
    Ok(Served { address })
}

/// Returns who may call; `None` where only this host can.
fn allowed(config: &Config) -> Option<Targets> {
    if config.page.listen.is_loopback() {
        return None;
    }
    // The configuration was checked before: there are no names, and every word reads.
    Some(targets(&config.page.allow).unwrap_or_default())
}

fn may_call(allowed: Option<&Targets>, peer: IpAddr) -> bool {
    let peer = peer.to_canonical();
    peer.is_loopback() || allowed.is_some_and(|allowed| allowed.index_of(peer).is_some())
}

fn run(listener: TcpListener, app: Arc<App>, allowed: &Option<Targets>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build();
    let served = runtime.and_then(|runtime| runtime.block_on(accept(listener, app, allowed.as_ref())));
    if let Err(error) = served {
        tracing::error!(%error, "the agent's page is not served any more");
    }
}

async fn accept(listener: TcpListener, app: Arc<App>, allowed: Option<&Targets>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = router(app);
    let room = Arc::new(tokio::sync::Semaphore::new(MOST_CONNECTIONS));
    loop {
        let permit = room.clone().acquire_owned().await.expect("nobody closes the room");
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Too many open files, for one: it passes.
                tracing::debug!(%error, "a call to the page was not taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        if !may_call(allowed, peer.ip()) {
            tracing::debug!("a stranger called the page and was not answered");
            continue;
        }
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_WITHIN).max_buf_size(LARGEST_HEAD);
            let connection = http.serve_connection(TokioIo::new(stream), service);
            // Whatever went wrong is the caller's affair; it has its answer or hung up.
            let _ = tokio::time::timeout(CONNECTION_WITHIN, connection).await;
            drop(permit);
        });
    }
}

fn router(app: Arc<App>) -> Router {
    let guarded = axum::middleware::from_fn_with_state(app.clone(), guard::guard);
    rooms::router()
        .merge(api::router())
        .fallback(rooms::not_found)
        .layer(DefaultBodyLimit::max(LARGEST_FORM))
        .layer(guarded)
        .with_state(app)
}

impl App {
    /// Tells the agent's loop something; returns whether it still runs.
    fn tell(&self, message: Message) -> bool {
        self.sender.lock().unwrap_or_else(std::sync::PoisonError::into_inner).send(message).is_ok()
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_not_listed_may_not_call() {
        let allowed = targets(&["10.0.0.0/24".to_owned()]).unwrap();
        let may = |peer: &str| may_call(Some(&allowed), peer.parse().unwrap());
        assert!(may("10.0.0.7") && may("127.0.0.1") && may("::ffff:10.0.0.7"));
        assert!(!may("10.0.1.7") && !may("2001:db8::1"));
        assert!(!may_call(None, "10.0.0.7".parse().unwrap()));
    }
}
