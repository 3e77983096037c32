//! A file system below SQLite that writes down every change of a file, in order.
//!
//! It is SQLite's own, with four of its functions led through here first. It becomes the default of
//! this process, so the stores under test are opened as they always are and know nothing of it.
//!
//! SQLite speaks C to its file system, hence `unsafe`: each use says why it holds. It stays in this test.

use std::collections::BTreeMap;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use rusqlite::ffi;

/// Is one change of a file.
#[derive(Clone, Debug)]
pub enum Change {
    Made,
    Written {
        at: usize,
        octets: Vec<u8>,
    },
    Cut {
        to: usize,
    },
    /// All changes of the file before this one would survive a power cut.
    Synced,
    Gone {
        is_synced: bool,
    },
}

/// Is all that has happened in this process, and which files are open.
#[derive(Default)]
struct Log {
    changes: Vec<(PathBuf, Change)>,
    open: BTreeMap<usize, Open>,
}

/// Is a file that SQLite has open.
struct Open {
    path: PathBuf,
    /// The functions of SQLite's own file system for it.
    own: &'static ffi::sqlite3_io_methods,
}

static LOG: Mutex<Option<Log>> = Mutex::new(None);
static INSTALLED: Once = Once::new();
/// Is SQLite's own file system; set before ours can be called.
static OWN: Mutex<usize> = Mutex::new(0);

fn log() -> MutexGuard<'static, Option<Log>> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the recorder below everything that this process opens from now on.
pub fn install() {
    INSTALLED.call_once(|| {
        *log() = Some(Log::default());
        // SAFETY: SQLite is initialised by `sqlite3_initialize`; the structure found lives as long as
        // the process, and so does the copy, which is leaked and whose functions are in this file.
        unsafe {
            assert_eq!(ffi::sqlite3_initialize(), ffi::SQLITE_OK);
            let own = ffi::sqlite3_vfs_find(std::ptr::null());
            *OWN.lock().unwrap() = own as usize;
            let mut ours = Box::new(std::ptr::read(own));
            ours.pNext = std::ptr::null_mut();
            ours.zName = c"recorder".as_ptr();
            ours.xOpen = Some(open);
            ours.xDelete = Some(delete);
            assert_eq!(ffi::sqlite3_vfs_register(Box::leak(ours), 1), ffi::SQLITE_OK);
        }
    });
}

/// Returns how many changes there have been so far: a moment to which promises can be tied.
pub fn moment() -> usize {
    log().as_ref().map_or(0, |log| log.changes.len())
}

/// Returns the changes below a folder, each with its moment.
pub fn changes(folder: &Path) -> Vec<(usize, PathBuf, Change)> {
    let log = log();
    let changes = log.as_ref().expect("it is installed").changes.iter().enumerate();
    changes.filter(|(_, (path, _))| path.starts_with(folder)).map(|(at, (path, change))| (at, path.clone(), change.clone())).collect()
}

fn own() -> &'static ffi::sqlite3_vfs {
    // SAFETY: it was set by `install` to a structure that SQLite never frees.
    unsafe { &*(*OWN.lock().unwrap_or_else(PoisonError::into_inner) as *const ffi::sqlite3_vfs) }
}

/// Writes a change of an open file down, and returns the functions of SQLite's own for it.
fn note(file: *mut ffi::sqlite3_file, change: Option<Change>) -> &'static ffi::sqlite3_io_methods {
    let mut log = log();
    let log = log.as_mut().expect("it is installed");
    let open = log.open.get(&(file as usize)).expect("it was opened here");
    let (path, own) = (open.path.clone(), open.own);
    if let Some(change) = change {
        log.changes.push((path, change));
    }
    own
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's arguments go on to SQLite's function; ours is a copy of its structure.
    let result = unsafe { own().xOpen.expect("every file system opens")(vfs, name, file, flags, out) };
    if result != ffi::SQLITE_OK || name.is_null() {
        return result;
    }
    // SAFETY: an opened file has its functions set, and they are constants of SQLite's; its name is
    // a C string that outlives the call. The copy is leaked, so it outlives the file.
    unsafe {
        let own: &'static ffi::sqlite3_io_methods = &*(*file).pMethods;
        let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
        let mut ours = Box::new(std::ptr::read(own));
        // Version 3 would map files into memory, around these functions.
        ours.iVersion = ours.iVersion.min(2);
        ours.xClose = Some(close);
        ours.xWrite = Some(write);
        ours.xTruncate = Some(truncate);
        ours.xSync = Some(sync);
        (*file).pMethods = Box::leak(ours);
        let mut log = log();
        let log = log.as_mut().expect("it is installed");
        let is_new =
            log.changes.iter().rev().find(|(other, _)| *other == path).is_none_or(|(_, change)| matches!(change, Change::Gone { .. }));
        if is_new {
            log.changes.push((path.clone(), Change::Made));
        }
        log.open.insert(file as usize, Open { path, own });
    }
    result
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_directory: c_int) -> c_int {
    // SAFETY: as in `open`; the name is a C string that outlives the call.
    unsafe {
        let path = PathBuf::from(CStr::from_ptr(name).to_string_lossy().into_owned());
        let result = own().xDelete.expect("every file system deletes")(vfs, name, sync_directory);
        if result == ffi::SQLITE_OK {
            log().as_mut().expect("it is installed").changes.push((path, Change::Gone { is_synced: sync_directory != 0 }));
        }
        result
    }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    let open = log().as_mut().expect("it is installed").open.remove(&(file as usize)).expect("it was opened here");
    // SAFETY: the file is SQLite's and open; its own function closes it.
    unsafe { open.own.xClose.expect("every file closes")(file) }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, octets: *const c_void, count: c_int, at: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite gives so many octets to be written.
    let copy = unsafe { std::slice::from_raw_parts(octets.cast::<u8>(), count as usize) }.to_vec();
    let own = note(file, Some(Change::Written { at: at as usize, octets: copy }));
    // SAFETY: SQLite's arguments go on to SQLite's function.
    unsafe { own.xWrite.expect("every file is written")(file, octets, count, at) }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: ffi::sqlite3_int64) -> c_int {
    let own = note(file, Some(Change::Cut { to: size as usize }));
    // SAFETY: as in `write`.
    unsafe { own.xTruncate.expect("every file is cut")(file, size) }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, flags: c_int) -> c_int {
    let own = note(file, None);
    // SAFETY: as in `write`.
    let result = unsafe { own.xSync.expect("every file is synced")(file, flags) };
    // What is written while the sync runs need not be in it, and the power may go in the middle.
    note(file, Some(Change::Synced));
    result
}
