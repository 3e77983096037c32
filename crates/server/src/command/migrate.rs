//! `migrate`: the store in this version's form, and the store into another database.

use std::io::IsTerminal;
use std::path::Path;

use store::transfer::{Moved, Progress, move_all};
use store::{Place, PlaceError, StoreError};

use super::args::MigrateArgs;
use super::work::{Failed, say, table};
use crate::config::Settings;
use crate::open::{Claim, open, with_password};

pub fn migrate(settings: &Settings, args: &MigrateArgs) -> Result<(), Failed> {
    match (&args.from, &args.to) {
        (Some(from), Some(to)) => {
            let password_file = args.password_file.as_deref().or(settings.store.password_file.as_deref());
            move_store(place(from)?, place(to)?, password_file, settings)
        }
        // Opening it brings it to today's form.
        _ => {
            drop(open(settings)?);
            say(&format!("{} has the form of this version", settings.place()?));
            Ok(())
        }
    }
}

fn place(text: &str) -> Result<Place, Failed> {
    text.parse().map_err(|error: PlaceError| Failed::usage(&error))
}

fn move_store(from: Place, to: Place, password_file: Option<&Path>, settings: &Settings) -> Result<(), Failed> {
    let from = with_password(from, password_file)?;
    let to = with_password(to, password_file)?;
    let claims: Vec<Claim> = [&from, &to]
        .into_iter()
        .filter_map(|place| if let Place::Sqlite(path) = place { Some(Claim::of(path)) } else { None })
        .collect::<Result<_, _>>()?;
    let moved = move_all(&from, &to, tell).map_err(|error: StoreError| Failed::from(error))?;
    drop(claims);
    say(&summary(&moved));
    say(&format!(
        "{to} has everything that {from} has, compared row by row.\n\
         Set store.url to it in the configuration of every server, and give each server this same key: {}.\n\
         {from} is as it was; keep it until you are sure.",
        settings.key_file().display()
    ));
    Ok(())
}

fn summary(moved: &Moved) -> String {
    let rows: Vec<Vec<String>> = moved.iter().map(|(name, rows)| vec![(*name).to_owned(), rows.to_string(), "equal".to_owned()]).collect();
    table(&["table", "rows", "compared"], &rows)
}

/// Tells on a terminal how far it is.
fn tell(progress: Progress) {
    if std::io::stderr().is_terminal() {
        let Progress { table, rows, is_compared } = progress;
        eprint!("\r\x1b[K{table}: {rows} rows{}", if is_compared { ", compared\n" } else { "" });
    }
}
