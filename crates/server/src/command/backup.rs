//! `backup`, `restore` and `migrate`: the store as a whole.

use super::args::{BackupArgs, RestoreArgs};
use super::work::{Failed, Work, say};
use crate::config::Settings;
use crate::identity::make_folder;
use crate::open::open;

pub async fn backup(work: Work, args: BackupArgs) -> Result<(), Failed> {
    work.store.backup(&args.file).await?;
    say(&format!(
        "{} is a whole copy of the store. Keep {} with it, apart from it: without that key no sender's password is recognised.",
        args.file.display(),
        work.settings.key_file().display()
    ));
    Ok(())
}

/// Brings the store to this version's form: opening it does that.
pub fn migrate(settings: &Settings) -> Result<(), Failed> {
    drop(open(settings)?);
    say(&format!("{} has the form of this version", settings.database().display()));
    Ok(())
}

/// Puts a copy in the place of the store.
pub fn restore(settings: &Settings, args: &RestoreArgs) -> Result<(), Failed> {
    let database = settings.database();
    if database.exists() && !args.replace {
        let name = database.display();
        return Err(Failed::wrong(format!("{name} is there already; --replace puts the copy in its place and keeps it beside")));
    }
    if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        make_folder(folder)?;
    }
    store::sqlite::restore(&args.file, &database)?;
    say(&format!("{} is in place; its key must be {}", database.display(), settings.key_file().display()));
    Ok(())
}
