//! Devices as engines of SNMP v3: each its own, and all with the same users.

use std::sync::Arc;

use snmp::usm::authority::Authority;
use snmp::usm::clock::own_engine_id;
use snmp::usm::{Crypto, User};

/// Is what the engines of a fleet have in common.
///
/// Cryptography is brought in: this crate has none.
#[derive(Clone, Debug)]
pub struct Engines {
    crypto: Arc<dyn Crypto>,
    users: Vec<Arc<User>>,
    contexts: Vec<String>,
}

impl Engines {
    pub fn new(crypto: Arc<dyn Crypto>, users: Vec<Arc<User>>) -> Self {
        Engines { crypto, users, contexts: Vec::new() }
    }

    /// Has a context beside the default one; the objects are the same in all.
    pub fn with_context(mut self, context: &str) -> Self {
        self.contexts.push(context.to_owned());
        self
    }

    fn authority(&self, of: &[u8], boots: u32) -> Authority {
        let engine_id = own_engine_id(&*self.crypto, of);
        // Salts must differ between the starts of one engine alone; nothing here is secret.
        let mut authority = Authority::new(Arc::clone(&self.crypto), engine_id, boots, u64::from(boots) << 40);
        self.users.iter().for_each(|user| authority.add_user(Arc::clone(user)));
        self.contexts.iter().for_each(|context| authority.add_context(context));
        authority
    }
}

/// Is the engine of one device. Keys are made when somebody first asks it in v3.
#[derive(Clone, Debug)]
pub struct SimEngine {
    engines: Arc<Engines>,
    of: Box<[u8]>,
    authority: Option<Authority>,
}

impl SimEngine {
    pub(crate) fn new(engines: Arc<Engines>, of: &[u8]) -> Self {
        SimEngine { engines, of: of.into(), authority: None }
    }

    /// Returns the engine as it is after so many boots, with its time.
    pub(crate) fn at(&mut self, boots: u32, time: u32) -> (&mut Authority, u32) {
        let authority = self.authority.get_or_insert_with(|| self.engines.authority(&self.of, boots));
        if authority.boots() != boots {
            authority.restart(boots);
        }
        (authority, time)
    }

    /// Returns the engine itself, with what it has counted; `None` before anybody asked it in v3.
    pub fn authority(&self) -> Option<&Authority> {
        self.authority.as_ref()
    }
}
