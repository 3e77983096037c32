//! What senders owe: the days that have come are opened, and those whose time has passed are closed.

use jiff::Timestamp;
use policy::expectation::Kept;

use crate::app::App;

/// Looks at all ledgers.
pub async fn sweep(app: &App, now: Timestamp) -> store::Result<()> {
    for tenant in app.store.tenants().await? {
        for line in app.store.sweep(tenant.id, now).await? {
            if line.expectation.kept == Kept::Missed {
                let why = line.expectation.why.map(|why| why.says());
                tracing::warn!(sender.id = %line.sender, day = %line.expectation.day, reason = why, "no report came");
            }
        }
    }
    Ok(())
}
