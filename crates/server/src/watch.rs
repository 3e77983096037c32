//! What happens by the clock and not because somebody calls.

mod ledger;
mod overdue;
mod states;

pub use overdue::word_of;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use settings::Span;
use store::Retention;
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::identity::OwnCertificate;
use crate::problem::chain;

/// Is how often senders are looked at.
const SWEEP: Duration = Duration::from_secs(60);
/// Is how often old data go.
const PRUNE: Duration = Duration::from_secs(24 * 60 * 60);
/// Is how often it is looked whether the own certificate ends soon.
const RENEW: Duration = Duration::from_secs(12 * 60 * 60);

/// Looks at senders, what they owe, and devices, again and again.
pub async fn sweeps(app: Arc<App>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut known = states::Known::default();
    loop {
        ticks.tick().await;
        if let Err(error) = look(&app, &mut known, app.now()).await {
            tracing::error!(error = %chain(&error), "the look at senders and devices broke off; it is tried again in a minute");
        }
        figures(&app).await;
    }
}

/// Looks at all there is once: senders, what they owe, and devices.
///
/// # Errors
/// Fails if the store does.
pub async fn sweep(app: &App, now: Timestamp) -> store::Result<()> {
    look(app, &mut states::Known::default(), now).await
}

async fn look(app: &App, known: &mut states::Known, now: Timestamp) -> store::Result<()> {
    states::sweep(app, known, now).await?;
    ledger::sweep(app, now).await?;
    overdue::sweep(app, now).await
}

async fn figures(app: &App) {
    match (app.store.counts().await, app.store.size().await) {
        (Ok(counts), Ok(size)) => app.figures.counts(&counts, &size),
        (Err(error), _) | (_, Err(error)) => tracing::error!(error = %chain(&error), "the store could not be counted"),
    }
}

/// Removes what is older than is to be kept, once a day.
pub async fn prunings(app: Arc<App>) {
    let mut ticks = interval(PRUNE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match app.store.prune(retention(&app, app.now())).await {
            Ok(pruned) => tracing::info!(
                reports = pruned.inbox,
                history = pruned.history,
                expectations = pruned.expectations,
                commands = pruned.commands,
                "data past their time were removed"
            ),
            Err(error) => tracing::error!(error = %chain(&error), "data past their time could not be removed; it is tried again in a day"),
        }
    }
}

/// Returns what is old enough to go.
fn retention(app: &App, now: Timestamp) -> Retention {
    let before = |span: Span| now.saturating_sub(SignedDuration::from_secs(span.seconds().cast_signed())).ok();
    let kept = &app.settings.retention;
    Retention {
        inbox_before: before(kept.reports),
        history_before: before(kept.history),
        expectations_before: before(kept.expectations),
        commands_before: before(kept.commands),
        credentials_before: before(kept.commands),
    }
}

/// Makes the own certificate anew before it ends; whoever watches its files takes it up.
pub async fn renewals(own: OwnCertificate) {
    let own = Arc::new(own);
    let mut ticks = interval(RENEW);
    loop {
        ticks.tick().await;
        let renewing = Arc::clone(&own);
        // The certificate's dates are the computer's business, whatever clock the server was given.
        match tokio::task::spawn_blocking(move || renewing.renew(Timestamp::now())).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(error = %chain(&error), "the server's certificate could not be renewed"),
            Err(error) => tracing::error!(%error, "the renewal of the server's certificate broke off"),
        }
    }
}
