//! Where results go, and what that place can show.

use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use report::{Language, Style};

/// Is where results go: the standard output, or a file that appears when it is complete.
///
/// Lines leave as they are written, so that another program can work on them while a scan goes on.
pub struct Sink {
    place: Place,
}

enum Place {
    Standard(io::Stdout),
    /// A device or a pipe, such as /dev/null.
    Special(File),
    File {
        writer: BufWriter<File>,
        temporary: PathBuf,
        path: PathBuf,
    },
}

impl Sink {
    /// Opens the file, or the standard output if there is none.
    ///
    /// # Errors
    /// Fails if the folder cannot be written to.
    pub fn open(file: Option<&Path>) -> Result<Self> {
        let place = match file {
            None => Place::Standard(io::stdout()),
            Some(path) => open_file(path).with_context(|| format!("cannot write to {}", path.display()))?,
        };
        Ok(Sink { place })
    }

    /// Returns how to draw: as wide and colourful as the terminal is, plainly into files and pipes.
    pub fn style(&self) -> Style {
        let is_terminal = matches!(&self.place, Place::Standard(standard) if standard.is_terminal());
        Style { width: width(is_terminal), colour: is_colourful(is_terminal), unicode: is_unicode(), language: language() }
    }

    /// Writes everything out; a file takes its name now.
    ///
    /// # Errors
    /// Fails if the file cannot be written or named.
    pub fn finish(&mut self) -> Result<()> {
        self.flush().context("cannot write the results")?;
        if let Place::File { temporary, path, .. } = &self.place {
            fs::rename(temporary, path).with_context(|| format!("cannot write to {}", path.display()))?;
        }
        Ok(())
    }

    fn writer(&mut self) -> &mut dyn Write {
        match &mut self.place {
            Place::Standard(writer) => writer,
            Place::Special(writer) => writer,
            Place::File { writer, .. } => writer,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.writer().write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}

impl Drop for Sink {
    /// An unfinished file never takes its name; once renamed there is nothing to remove.
    fn drop(&mut self) {
        if let Place::File { temporary, .. } = &self.place {
            let _ = fs::remove_file(temporary);
        }
    }
}

fn open_file(path: &Path) -> io::Result<Place> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder; name a file in it")),
        Ok(found) if !found.is_file() => return Ok(Place::Special(File::options().write(true).open(path)?)),
        _ => {}
    }
    // Through a link, so that the link stays and its target is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "it has no file name"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.part", std::process::id()));
    let temporary = path.with_file_name(hidden);
    let file = File::options().write(true).create_new(true).open(&temporary)?;
    Ok(Place::File { writer: BufWriter::new(file), temporary, path })
}

/// Is how wide a table is where nobody tells: into files and pipes, on terminals without a size.
const UNKNOWN_WIDTH: usize = 120;

fn width(is_terminal: bool) -> usize {
    let columns = || env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0);
    let size = || is_terminal.then(terminal_size::terminal_size)?.map(|(width, _)| usize::from(width.0));
    size().or_else(columns).unwrap_or(UNKNOWN_WIDTH)
}

/// Returns whether to colour the results.
///
/// Source: no-color.org, bixense.com/clicolors.
fn is_colourful(is_terminal: bool) -> bool {
    colour(is_terminal, env::var_os("NO_COLOR").as_deref(), env::var_os("CLICOLOR_FORCE").as_deref(), env::var_os("TERM").as_deref())
}

fn colour(is_terminal: bool, no_color: Option<&OsStr>, force: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    let is_set = |value: Option<&OsStr>| value.is_some_and(|value| !value.is_empty());
    if is_set(no_color) {
        return false;
    }
    (is_set(force) && force != Some(OsStr::new("0"))) || (is_terminal && term != Some(OsStr::new("dumb")))
}

/// Returns whether blocks and dots can be shown.
fn is_unicode() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os).find(|value| !value.is_empty());
    speaks_unicode(locale.as_deref(), cfg!(windows))
}

/// Returns the language of messages; the first variable that says anything decides.
///
/// Source: POSIX.1-2017, Base Definitions, 8.2.
fn language() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(env::var_os).find(|value| !value.is_empty());
    speaks(locale.as_deref())
}

fn speaks(locale: Option<&OsStr>) -> Language {
    locale.map_or(Language::English, |locale| Language::of_locale(&locale.to_string_lossy()))
}

fn speaks_unicode(locale: Option<&OsStr>, otherwise: bool) -> bool {
    let Some(locale) = locale else { return otherwise };
    let locale = locale.to_string_lossy().to_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = env::temp_dir().join(format!("roundsman-output-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_when_it_is_complete() {
        let folder = folder("complete");
        let path = folder.join("fleet.csv");
        fs::write(&path, "before").unwrap();
        let mut output = Sink::open(Some(&path)).unwrap();
        output.write_all(b"after").unwrap();
        output.flush().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        output.finish().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(names(&folder), ["fleet.csv"]);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_not_finished_leaves_nothing() {
        let folder = folder("unfinished");
        let mut output = Sink::open(Some(&folder.join("fleet.csv"))).unwrap();
        output.write_all(b"half").unwrap();
        drop(output);
        assert!(names(&folder).is_empty());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let folder = folder("refused");
        let message = format!("{:#}", Sink::open(Some(&folder)).err().unwrap());
        assert!(message.contains("cannot write to") && message.contains("it is a folder"), "{message}");
        assert!(Sink::open(Some(&folder.join("none").join("fleet.csv"))).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn colours_follow_the_terminal_and_the_variables() {
        let set = |value: &'static str| Some(OsStr::new(value));
        assert!(colour(true, None, None, set("xterm")));
        assert!(colour(true, set(""), None, None));
        assert!(!colour(true, set("1"), set("1"), None));
        assert!(!colour(true, None, None, set("dumb")));
        assert!(!colour(false, None, None, set("xterm")));
        assert!(colour(false, None, set("1"), None));
        assert!(!colour(false, None, set("0"), None));
    }

    #[test]
    fn dutch_is_for_dutch_locales() {
        assert_eq!(speaks(Some(OsStr::new("nl_NL.UTF-8"))), Language::Dutch);
        assert_eq!(speaks(Some(OsStr::new("en_NL.UTF-8"))), Language::English);
        assert_eq!(speaks(None), Language::English);
    }

    #[test]
    fn blocks_are_for_unicode_locales() {
        assert!(speaks_unicode(Some(OsStr::new("de_NL.UTF-8")), false));
        assert!(speaks_unicode(Some(OsStr::new("C.utf8")), false));
        assert!(!speaks_unicode(Some(OsStr::new("POSIX")), true));
        assert!(!speaks_unicode(None, false));
    }
}
