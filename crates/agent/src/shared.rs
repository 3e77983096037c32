//! The store as the threads of the agent share it.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::store::Store;

/// Hands the store to one thread at a time. Nobody keeps it while waiting for the network.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Store>>);

impl Shared {
    pub fn new(store: Store) -> Self {
        Shared(Arc::new(Mutex::new(store)))
    }

    /// Waits for the store.
    ///
    /// A thread that panicked with it in hand was in the middle of a transaction, which SQLite has
    /// not committed; so the store is as good as before.
    pub fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(|poisoned| {
            let mut store = poisoned.into_inner();
            store.abandon();
            store
        })
    }
}
