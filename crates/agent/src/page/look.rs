//! How the agent stands, and what it would send: for the page and for commands alike.

use std::path::Path;

use jiff::Timestamp;
use wire::envelope::Host;

use crate::board::{Board, Standing};
use crate::config::Config;
use crate::enrolment::Enrolment;
use crate::seal::{Bounds, draft};
use crate::site::site;
use crate::speaker::{Speaker, software};
use crate::store::{Store, StoreError};

/// Returns how the agent stands; without a board, from its store alone.
///
/// # Errors
/// Fails if the store does not read.
pub fn standing(store: &Store, board: Option<&Board>) -> Result<Standing, StoreError> {
    let (within, without) = store.counts()?;
    let mut standing = Standing {
        is_running: board.is_some(),
        software: software(),
        devices: Some(within),
        devices_out_of_scope: without,
        readings_waiting: store.unsent_count()?,
        ..Standing::default()
    };
    match board {
        Some(board) => {
            standing.server.clone_from(&board.server);
            standing.site_name.clone_from(&board.site_name);
            standing.synchronisation = board.window.clone();
            standing.schedule.clone_from(&board.schedule);
            standing.activity.clone_from(&board.activity);
            standing.reports_waiting = board.reports_waiting;
            standing.traps.clone_from(&board.traps);
            standing.credentials.clone_from(&board.credentials);
            if !board.has_discovered {
                standing.devices = None;
            }
        }
        None => {
            let remembered: survey::agenda::Remembered = store.recall(crate::run::AGENDA)?.unwrap_or_default();
            standing.synchronisation = remembered.window;
            standing.schedule = store.recall(crate::commands::SCHEDULE)?;
        }
    }
    Ok(standing)
}

/// Is the most of a report that is made only to be looked at.
const PREVIEW: Bounds = Bounds { changes: 5_000, octets: 400_000 };

/// Returns the JSON of the report that would be sent now, and whether there would be more.
///
/// # Errors
/// Fails if the store does not read.
pub fn preview(config: &Config, folder: &Path, store: &mut Store, enrolment: Option<&Enrolment>) -> Result<(String, bool), StoreError> {
    let schedule = store.recall(crate::commands::SCHEDULE)?.unwrap_or_else(|| config.schedule());
    let speaker = Speaker {
        sender: enrolment.map_or_else(|| "not-enrolled".to_owned(), |enrolment| enrolment.sender.clone()),
        schedule,
        next_at: None,
        stopping: false,
        host: Host { proxy_id: config.proxy_id(), host_id: store.host_id()? },
        site: site(config, store, folder, enrolment.and_then(|enrolment| enrolment.name.as_deref()))?,
        privacy: config.privacy(),
    };
    let draft = draft(store, &speaker, PREVIEW, Timestamp::now())?;
    let text = String::from_utf8(wire::json::encode(&draft.report)).expect("JSON is UTF-8");
    Ok((text, draft.has_more))
}
