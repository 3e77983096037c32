//! Which states senders are in; a change is told in the log.

use std::collections::BTreeMap;

use jiff::Timestamp;
use policy::lifecycle::State;
use store::SenderId;

use crate::app::App;
use crate::standing::state_of;

/// Is how many senders are read at once.
const AT_ONCE: usize = 500;

/// Remembers the states of the last look.
#[derive(Default)]
pub struct Known(BTreeMap<SenderId, State>);

/// Looks at all senders.
pub async fn sweep(app: &App, known: &mut Known, now: Timestamp) -> store::Result<()> {
    let is_first = known.0.is_empty();
    let mut seen = BTreeMap::new();
    let mut counts: BTreeMap<State, u64> = BTreeMap::new();
    for tenant in app.store.tenants().await? {
        let mut after = None;
        loop {
            let senders = app.store.senders(tenant.id, after, AT_ONCE).await?;
            let Some(last) = senders.last() else { break };
            after = Some(last.id);
            for sender in &senders {
                let (state, since) = state_of(sender, now);
                *counts.entry(state).or_default() += 1;
                seen.insert(sender.id, state);
                let before = known.0.get(&sender.id);
                if before != Some(&state) && !is_first {
                    let since = since.map(|since| since.to_string());
                    tracing::info!(sender.id = %sender.id, state = state.word(), since, "a sender is in another state");
                }
            }
        }
    }
    known.0 = seen;
    for state in [State::Provisioned, State::Running, State::Unresponsive, State::Stopped, State::Disabled, State::Retired] {
        app.figures.senders(state.word(), counts.get(&state).copied().unwrap_or(0));
    }
    Ok(())
}
