//! Traps and informs: a printer that says that something has happened is read soon.
//!
//! What a notice tells is never taken for data, and no device is found by it: anybody could have sent
//! it. It is a reason to look, and the reading that follows is what counts. Whatever comes from an
//! address where no device is looked after is counted and left alone.
//!
//! Start reading at [`listen`]; which device is read when, [`Looks`] decides.

mod listener;
mod looks;
mod standing;

use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use snmp::notification::Receiver;
use snmp::usm::Crypto;
use snmp::usm::authority::Authority;
use snmp::usm::clock::own_engine_id;
use survey::{Credential, Credentials};

use crate::board::SharedBoard;
use crate::run::Message;
use crate::secrets;
use crate::shared::Shared;
use crate::store::{Store, StoreError};

use listener::Listener;
pub use looks::Looks;
pub use standing::{LastNotice, Traps};

/// Is under which name the store counts how often this engine has started.
const BOOTS: &str = "engine-boots";
/// Is how long the thread waits for a datagram before it looks whether it is to end.
const LOOK_UP: Duration = Duration::from_secs(1);
/// Small datagrams and a few keys.
const STACK: usize = 256 << 10;

/// Says why traps are not heard.
#[derive(Debug, thiserror::Error)]
pub enum TrapsError {
    #[error("cannot listen for traps on {address}; {advice}")]
    Listen { address: SocketAddr, advice: &'static str, source: std::io::Error },
    #[error("how often this engine has started cannot be counted")]
    Store(#[from] StoreError),
    #[error("the system gives no thread for traps")]
    Thread(#[source] std::io::Error),
}

/// Shares which devices want a look between the threads of the agent.
#[derive(Clone, Default)]
pub struct SharedLooks(Arc<Mutex<Looks>>);

impl SharedLooks {
    pub fn lock(&self) -> MutexGuard<'_, Looks> {
        // Each step leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Is what a listener tells others.
pub struct Told {
    pub store: Shared,
    pub board: SharedBoard,
    pub looks: SharedLooks,
    pub sender: Sender<Message>,
    pub stop: Arc<AtomicBool>,
}

/// Listens on a thread of its own until it is told to stop; returns where.
///
/// # Errors
/// Fails if the port cannot be had; nobody listens then.
pub fn listen(wanted: SocketAddr, crypto: Arc<dyn Crypto>, credentials: &Credentials, told: Told) -> Result<SocketAddr, TrapsError> {
    let refuse = |source: std::io::Error| TrapsError::Listen { address: wanted, advice: advice(&source), source };
    let socket = UdpSocket::bind(wanted).map_err(refuse)?;
    socket.set_read_timeout(Some(LOOK_UP)).map_err(refuse)?;
    let address = socket.local_addr().map_err(refuse)?;
    let receiver = receiver(crypto, credentials, &mut told.store.lock())?;
    let listener = Listener::new(receiver, told);
    let thread = std::thread::Builder::new().name("traps".to_owned()).stack_size(STACK);
    thread.spawn(move || listener.run(&socket)).map_err(TrapsError::Thread)?;
    Ok(address)
}

fn advice(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a right that `roundsman-agent service install` gives once they are configured; run it again, or choose a higher port in [traps] listen"
        }
        std::io::ErrorKind::AddrInUse => {
            "another program has the port, such as snmptrapd; stop it, or choose another port in [traps] listen"
        }
        _ => "choose an address of this host in [traps] listen",
    }
}

/// Makes a receiver for the communities and users that printers are asked with.
///
/// Its engine is this installation, which informs of v3 are sealed for: it keeps its name, and counts its starts.
fn receiver(crypto: Arc<dyn Crypto>, credentials: &Credentials, store: &mut Store) -> Result<Receiver, StoreError> {
    let engine_id = own_engine_id(&*crypto, store.host_id()?.as_bytes());
    let boots = store.recall::<u32>(BOOTS)?.unwrap_or(0).saturating_add(1);
    store.remember(BOOTS, &boots)?;
    let authority = Authority::new(crypto.clone(), engine_id, boots, u64::from_be_bytes(secrets::random()));
    let mut receiver = Receiver::new(crypto, authority);
    let numbers = (0..credentials.len()).filter_map(|number| u16::try_from(number).ok());
    numbers.for_each(|number| match credentials.credential(number) {
        Credential::Community(community) => receiver.add_community(community),
        Credential::User(user) => receiver.add_user(user.clone()),
    });
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn the_engine_keeps_its_name_and_counts_its_starts() {
        let folder = Folder::new();
        let mut store = Store::open(folder.path()).unwrap();
        let crypto: Arc<dyn Crypto> = Arc::new(cryptography::Module);
        let credentials = Credentials::communities(["public"]);
        let first = receiver(crypto.clone(), &credentials, &mut store).unwrap();
        let second = receiver(crypto, &credentials, &mut store).unwrap();
        assert_eq!(first.engine_id(), second.engine_id());
        assert_eq!(store.recall::<u32>(BOOTS).unwrap(), Some(2));
    }

    #[test]
    fn a_port_that_cannot_be_had_is_told_with_what_to_do() {
        let taken = UdpSocket::bind("127.0.0.1:0").unwrap();
        let folder = Folder::new();
        let (sender, _inbox) = std::sync::mpsc::channel();
        let told = Told {
            store: Shared::new(Store::open(folder.path()).unwrap()),
            board: SharedBoard::default(),
            looks: SharedLooks::default(),
            sender,
            stop: Arc::default(),
        };
        let error =
            listen(taken.local_addr().unwrap(), Arc::new(cryptography::Module), &Credentials::communities(["public"]), told).unwrap_err();
        assert!(error.to_string().contains("another program has the port"), "{error}");
        let refused = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        assert!(advice(&refused).contains("service install"));
    }
}
