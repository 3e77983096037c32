//! Every backend keeps every rule.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use store::conformance::run_all;
use store::memory::MemoryStore;
use store::sqlite::{Options, SqliteStore};

mod folder;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_in_memory_keeps_every_rule() {
    run_all(|| Arc::new(MemoryStore::new())).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_every_rule() {
    let folder = folder::Folder::new();
    let number = AtomicU32::new(0);
    run_all(|| {
        let path = folder.path(&format!("{}.sqlite", number.fetch_add(1, Ordering::Relaxed)));
        Arc::new(SqliteStore::open(&path, &Options::default()).unwrap())
    })
    .await;
}
