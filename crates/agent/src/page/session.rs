//! Who is logged in, and how often somebody may guess.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::secrets;

/// Is how long a session lasts without being used.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// Is how long a session lasts at most.
const LIFE: Duration = Duration::from_secs(12 * 60 * 60);
/// Is the most sessions at once; the one that was not used for the longest time goes first.
const MOST: usize = 16;
/// Is how many guesses are free.
const FREE: u32 = 5;
/// Is the longest wait after a wrong guess.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Is one session.
struct Session {
    csrf: String,
    began: Instant,
    used: Instant,
}

/// Keeps the sessions of the page, in memory only: a restart ends them.
#[derive(Default)]
pub struct Sessions {
    /// By the digest of the cookie, so that finding one takes no time that depends on a secret.
    open: BTreeMap<[u8; 32], Session>,
    failures: u32,
    closed_until: Option<Instant>,
}

impl Sessions {
    /// Returns how long guesses are refused from now on, if they are.
    pub fn wait(&self, now: Instant) -> Option<Duration> {
        self.closed_until.and_then(|until| until.checked_duration_since(now)).filter(|wait| !wait.is_zero())
    }

    /// Takes a guess; returns the cookie of a new session if it was right.
    ///
    /// There is one password and one door: whoever guesses wrong too often makes everybody wait, a
    /// minute at most. Those who are in stay in.
    pub fn log_in(&mut self, now: Instant, guess: &str, password: &str) -> Option<String> {
        if self.wait(now).is_some() {
            return None;
        }
        if !secrets::equal(guess.trim(), password) {
            self.failures = self.failures.saturating_add(1);
            if self.failures >= FREE {
                let seconds = 1u64 << (self.failures - FREE).min(6);
                self.closed_until = Some(now + Duration::from_secs(seconds).min(LONGEST_WAIT));
            }
            return None;
        }
        self.failures = 0;
        self.open.retain(|_, session| session.is_open(now));
        while self.open.len() >= MOST {
            let oldest = self.open.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key);
            oldest.map(|key| self.open.remove(&key));
        }
        let cookie = secrets::token();
        self.open.insert(secrets::digest(cookie.as_bytes()), Session { csrf: secrets::token(), began: now, used: now });
        Some(cookie)
    }

    /// Returns the token of forms of a session, if there is one with this cookie.
    pub fn csrf(&mut self, now: Instant, cookie: &str) -> Option<String> {
        let session = self.open.get_mut(&secrets::digest(cookie.as_bytes())).filter(|session| session.is_open(now))?;
        session.used = now;
        Some(session.csrf.clone())
    }

    pub fn log_out(&mut self, cookie: &str) {
        self.open.remove(&secrets::digest(cookie.as_bytes()));
    }
}

impl Session {
    fn is_open(&self, now: Instant) -> bool {
        now.duration_since(self.used) < IDLE && now.duration_since(self.began) < LIFE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_it_is_not_used() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let cookie = sessions.log_in(start, " right\n", "right").unwrap();
        assert!(sessions.csrf(start + IDLE / 2, &cookie).is_some());
        assert!(sessions.csrf(start + IDLE / 2 + IDLE, &cookie).is_none());
        assert!(sessions.csrf(start, "another").is_none());
    }

    #[test]
    fn a_session_ends_at_last_even_if_it_is_used() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let cookie = sessions.log_in(start, "right", "right").unwrap();
        let mut now = start;
        while now < start + LIFE {
            assert!(sessions.csrf(now, &cookie).is_some());
            now += IDLE / 2;
        }
        assert!(sessions.csrf(now, &cookie).is_none());
    }

    #[test]
    fn guessing_gets_slower_and_locks_nobody_out_for_long() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        for _ in 0..FREE {
            assert!(sessions.log_in(start, "wrong", "right").is_none());
        }
        assert!(sessions.log_in(start, "right", "right").is_none());
        let mut now = start;
        for _ in 0..20 {
            now += sessions.wait(now).unwrap_or_default();
            assert!(sessions.log_in(now, "wrong", "right").is_none());
        }
        assert_eq!(sessions.wait(now), Some(LONGEST_WAIT));
        assert!(sessions.log_in(now + LONGEST_WAIT, "right", "right").is_some());
    }

    #[test]
    fn there_are_only_so_many_sessions() {
        let (mut sessions, start) = (Sessions::default(), Instant::now());
        let first = sessions.log_in(start, "right", "right").unwrap();
        for second in 1..=MOST as u64 {
            sessions.log_in(start + Duration::from_secs(second), "right", "right").unwrap();
        }
        assert!(sessions.csrf(start, &first).is_none());
        assert_eq!(sessions.open.len(), MOST);
    }
}
