//! `backup` and `restore`: a file with the whole store.

use super::args::{BackupArgs, RestoreArgs};
use super::work::{Failed, Work, say};
use crate::config::Settings;
use crate::identity::make_folder;

pub async fn backup(work: Work, args: BackupArgs) -> Result<(), Failed> {
    work.store.backup(&args.file).await?;
    say(&format!(
        "{} is a whole copy of the store. Keep {} with it, apart from it: without that key no sender's password is recognised.",
        args.file.display(),
        work.settings.key_file().display()
    ));
    Ok(())
}

/// Puts a copy in the place of the store.
pub fn restore(settings: &Settings, args: &RestoreArgs) -> Result<(), Failed> {
    let Some(database) = settings.database() else {
        return Err(Failed::wrong(
            "this server's store is a PostgreSQL database: stop the servers, make an empty database, and run `pg_restore --dbname=NAME FILE`",
        ));
    };
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
