//! Vendor files of a site's own: a folder whose files are loaded over those that the program carries.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use catalog::{Catalog, CatalogErrors, LARGEST_OVERLAY_FILE, MOST_OVERLAY_FILES};
use settings::{Fault, Faults};

/// Loads the vendor files that the program carries, and over them those of a folder, if one is named.
///
/// # Errors
/// Tells every fault with file and line, and every file that cannot be read.
pub fn catalog(folder: Option<&Path>) -> Result<Catalog, Faults> {
    match folder {
        None => Catalog::embedded().map_err(|errors| faults(&errors)),
        Some(folder) => over(&files(folder)?),
    }
}

/// Loads these files, `(name, text)`, over those that the program carries.
///
/// # Errors
/// Tells every fault with file and line.
pub fn over(files: &[(String, String)]) -> Result<Catalog, Faults> {
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Catalog::with_overlay(&files).map_err(|errors| faults(&errors))
}

fn faults(errors: &CatalogErrors) -> Faults {
    let told = errors.0.iter().map(|error| Fault {
        file: error.rule.file.to_owned(),
        line: Some(error.rule.line),
        message: error.message.clone(),
    });
    Faults(told.collect())
}

/// Returns the vendor files of a folder, `(name, text)`, by name: every `*.toml` that is not hidden.
///
/// # Errors
/// Fails if the folder or a file in it cannot be read, is too large, or is not text.
pub fn files(folder: &Path) -> Result<Vec<(String, String)>, Faults> {
    let paths = paths(folder).map_err(|error| Faults(vec![fault(folder, format!("the folder of profiles cannot be read: {error}"))]))?;
    if paths.len() > MOST_OVERLAY_FILES {
        let message = format!("the folder has {} files, expected at most {MOST_OVERLAY_FILES}", paths.len());
        return Err(Faults(vec![fault(folder, message)]));
    }
    let mut files = Vec::with_capacity(paths.len());
    let mut faults = Vec::new();
    for path in paths {
        match text(&path) {
            Ok(text) => files.push((path.display().to_string(), text)),
            Err(fault) => faults.push(fault),
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(Faults(faults)) }
}

/// Editors and file servers leave hidden files beside those that are meant.
fn paths(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".toml") && !name.starts_with('.') {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Reads one vendor file.
///
/// # Errors
/// Fails if it is no file, cannot be read, is too large, or is not text.
pub fn text(path: &Path) -> Result<String, Fault> {
    let cannot = |error: std::io::Error| fault(path, format!("cannot be read: {error}"));
    // A pipe would be waited for.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(fault(path, "is no file"));
    }
    let mut octets = Vec::new();
    // It may grow while it is read.
    File::open(path).and_then(|file| file.take(LARGEST_OVERLAY_FILE as u64 + 1).read_to_end(&mut octets)).map_err(cannot)?;
    if octets.len() > LARGEST_OVERLAY_FILE {
        return Err(fault(path, format!("is larger than {LARGEST_OVERLAY_FILE} octets")));
    }
    String::from_utf8(octets).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|octet| **octet == b'\n').count() + 1;
        Fault { line: u32::try_from(line).ok(), ..fault(path, "is not text in UTF-8") }
    })
}

fn fault(path: &Path, message: impl Into<String>) -> Fault {
    Fault { file: path.display().to_string(), line: None, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    const SOUND: &str = "[profile]\ninherits = \"printer-mib\"\nsource = \"Acme MIB 3\"\n";

    fn told(folder: &Folder) -> Vec<String> {
        catalog(Some(folder.path())).expect_err("a file has a fault").0.iter().map(ToString::to_string).collect()
    }

    fn write(folder: &Folder, name: &str, octets: &[u8]) -> String {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path.display().to_string()
    }

    #[test]
    fn every_vendor_file_of_the_folder_is_loaded_and_nothing_else() {
        let folder = Folder::new();
        write(&folder, "acme.toml", SOUND.as_bytes());
        write(&folder, ".acme.toml", b"\xff an editor's");
        write(&folder, "README.md", b"not one");
        let loaded = catalog(Some(folder.path())).unwrap();
        assert_eq!(loaded.names().filter(|name| *name == "acme").count(), 1);
        assert_eq!(loaded.names().count(), catalog(None).unwrap().names().count() + 1);
    }

    #[test]
    fn every_fault_is_told_with_file_and_line() {
        let folder = Folder::new();
        let acme = write(&folder, "acme.toml", format!("{SOUND}[raed]\n[read]\n").as_bytes());
        let other = write(&folder, "other.toml", b"[profile]\ninherits = \"printer-mbi\"\nsource = \"x\"\n");
        assert_eq!(
            told(&folder),
            [
                format!("{acme}:4: unknown key \"raed\" in the file; did you mean \"read\"?"),
                format!("{acme}:5: [read] has neither source nor why; say which document or which device it rests on"),
                format!("{other}:2: unknown profile \"printer-mbi\"; did you mean \"printer-mib\"?"),
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let folder = Folder::new();
        let large = write(&folder, "large.toml", &vec![b'#'; LARGEST_OVERLAY_FILE + 1]);
        let latin = write(&folder, "latin.toml", b"# a\n# \xe9\n");
        let nested = folder.path().join("nested.toml");
        fs::create_dir(&nested).unwrap();
        let expected = [
            format!("{large}: is larger than 1048576 octets"),
            format!("{latin}:2: is not text in UTF-8"),
            format!("{}: is no file", nested.display()),
        ];
        assert_eq!(told(&folder), expected);
        let nowhere = catalog(Some(Path::new("/nowhere/profiles"))).unwrap_err().to_string();
        assert!(nowhere.starts_with("/nowhere/profiles: the folder of profiles cannot be read: "), "{nowhere}");
    }

    #[test]
    fn too_many_files_are_not_read() {
        let folder = Folder::new();
        for number in 0..=MOST_OVERLAY_FILES {
            write(&folder, &format!("acme-{number}.toml"), b"");
        }
        assert!(told(&folder)[0].ends_with("the folder has 1001 files, expected at most 1000"));
    }
}
