//! PostgreSQL keeps every rule.

use std::sync::Arc;

use store::conformance::cluster::Cluster;
use store::conformance::run_all_slowly;
use store::postgres::{Options, PostgresStore};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_every_rule() {
    let cluster = Cluster::start().await;
    run_all_slowly(|| async {
        let address = cluster.address(&cluster.database().await);
        Arc::new(PostgresStore::open(&address, &Options::default()).unwrap()) as Arc<dyn store::Store>
    })
    .await;
}
