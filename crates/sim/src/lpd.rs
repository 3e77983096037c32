//! The line printer daemon of a printer: octets in, octets out.
//!
//! Written from RFC 1179 §5 and from what BSD's `lpq` shows, and not from the reader that is tested
//! with it.

/// Is one job in a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LpdJob {
    pub owner: String,
    pub file: String,
}

/// Is a daemon with one queue.
#[derive(Clone, Debug)]
pub struct LpdQueue {
    pub name: String,
    pub accepts: bool,
    pub jobs: Vec<LpdJob>,
    /// Commands other than a question for the state: each would print, or remove what is there.
    pub others: usize,
    buffer: Vec<u8>,
}

impl LpdQueue {
    /// Makes a queue that takes jobs and has none.
    pub fn new(name: &str) -> Self {
        LpdQueue { name: name.to_owned(), accepts: true, jobs: Vec::new(), others: 0, buffer: Vec::new() }
    }

    /// Takes octets; once a command is whole, returns the answer, after which the daemon closes.
    pub fn answer(&mut self, octets: &[u8]) -> Option<Vec<u8>> {
        self.buffer.extend(octets);
        let end = self.buffer.iter().position(|octet| *octet == b'\n')?;
        let command: Vec<u8> = self.buffer.drain(..=end).collect();
        Some(match command.split_first() {
            Some((3 | 4, operands)) => self.state(String::from_utf8_lossy(operands).split_whitespace().next().unwrap_or_default()),
            _ => {
                self.others += 1;
                vec![1]
            }
        })
    }

    fn state(&self, queue: &str) -> Vec<u8> {
        if queue != self.name {
            return format!("lpd: unknown printer {queue}\n").into_bytes();
        }
        let standing = match (self.accepts, self.jobs.is_empty()) {
            (false, _) => "is not accepting jobs",
            (true, true) => "is ready",
            (true, false) => "is ready and printing",
        };
        let mut text = format!("{queue} {standing}\n");
        if self.jobs.is_empty() {
            text += "no entries\n";
        } else {
            text += "Rank    Owner   Job     File(s)                         Total Size\n";
            for (place, job) in self.jobs.iter().enumerate() {
                let rank = match place {
                    0 => "active".to_owned(),
                    1 => "1st".to_owned(),
                    2 => "2nd".to_owned(),
                    3 => "3rd".to_owned(),
                    place => format!("{place}th"),
                };
                text += &format!("{rank:<8}{:<8}{:<8}{:<32}1024 bytes\n", job.owner, place + 1, job.file);
            }
        }
        text.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_of_a_queue_names_its_jobs() {
        let mut queue = LpdQueue::new("raw");
        assert_eq!(queue.answer(b"\x03raw"), None, "not before the line ends");
        assert_eq!(queue.answer(b" \n").as_deref(), Some(&b"raw is ready\nno entries\n"[..]));
        queue.jobs = vec![LpdJob { owner: "ada".into(), file: "salaries".into() }; 2];
        let text = String::from_utf8(queue.answer(b"\x04raw \n").expect("an answer")).expect("text");
        assert!(text.contains("active  ada") && text.contains("1st     ada"), "{text}");
        assert_eq!(queue.others, 0);
    }

    #[test]
    fn commands_that_print_are_counted_and_refused() {
        let mut queue = LpdQueue::new("raw");
        assert_eq!(queue.answer(b"\x02raw\n").as_deref(), Some(&[1][..]));
        assert_eq!(queue.others, 1);
    }
}
