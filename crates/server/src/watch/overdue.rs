//! Which devices have not been read for too long: `policy` decides, the store remembers.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use policy::lifecycle::State;
use policy::overdue::{Overdue, Watched, overdue};
use store::{Device, DeviceId, SenderId, TenantId};

use crate::app::App;
use crate::standing::{period_of, state_of};

/// Is how many senders or devices are read at once.
const AT_ONCE: usize = 500;

/// Is the shortest time after which a device can be overdue.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Looks at all devices that have not been read for a day. A reading that comes ends it by itself.
pub async fn sweep(app: &App, now: Timestamp) -> store::Result<()> {
    for tenant in app.store.tenants().await? {
        let senders = senders(app, tenant.id, now).await?;
        let since = now.saturating_sub(DAY).unwrap_or(Timestamp::MIN);
        let mut after = None;
        loop {
            let page = app.store.unread_since(tenant.id, since, after, AT_ONCE).await?;
            let changes: Vec<_> = page.items.iter().filter_map(|device| change(device, &senders, now)).collect();
            for (device, overdue) in &changes {
                if let Some(Overdue { since, why }) = overdue {
                    tracing::info!(device.id = %device, %since, reason = why.says(), "a device is overdue");
                }
            }
            if !changes.is_empty() {
                app.store.set_overdue(tenant.id, changes).await?;
            }
            after = page.items.last().map(|device| device.id);
            if page.next.is_none() || after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

type Senders = BTreeMap<SenderId, (State, SignedDuration)>;

async fn senders(app: &App, tenant: TenantId, now: Timestamp) -> store::Result<Senders> {
    let mut all = Senders::new();
    let mut after = None;
    loop {
        let senders = app.store.senders(tenant, after, AT_ONCE).await?;
        let Some(last) = senders.last() else { return Ok(all) };
        after = Some(last.id);
        all.extend(senders.iter().map(|sender| (sender.id, (state_of(sender, now).0, period_of(sender)))));
    }
}

/// Returns what is to be written down of a device, if that has changed.
fn change(device: &Device, senders: &Senders, now: Timestamp) -> Option<(DeviceId, Option<Overdue>)> {
    let watched: Vec<Watched<'_>> = device
        .views
        .iter()
        .map(|view| {
            let (sender, period) = senders.get(&view.sender).copied().unwrap_or((State::Retired, DAY));
            Watched { view: &view.view, sender, period }
        })
        .collect();
    let decided = overdue(&watched, now);
    (decided != device.overdue).then_some((device.id, decided))
}

/// Returns the word for a reason, as the API tells it.
pub fn word_of(why: policy::overdue::Why) -> String {
    match serde_json::to_value(why) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
