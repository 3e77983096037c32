//! How the program asks the system for memory, and gives it back: it shares a host with others.
//!
//! The allocator of glibc keeps what was freed, for each thread anew. An agent works for seconds an
//! hour and then waits, so that is the wrong way round here: it is to have little while it waits.

/// Tells the allocator to keep little: one pool for all threads, and large pieces straight from the system.
///
/// To be called before there are threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn be_frugal() {
    const LARGE: i32 = 64 * 1024;
    for (option, value) in [(libc::M_ARENA_MAX, 1), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, LARGE)] {
        // SAFETY: the options take a number. A refusal changes nothing.
        unsafe { libc::mallopt(option, value) };
    }
}

/// Gives back what was used for a round or a session.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_back() {
    // SAFETY: it frees what nobody has, and may be called at any time.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn be_frugal() {}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_back() {}
