//! LPD, as far as it tells that a queue lives: the short queue state of RFC 1179 and nothing else.
//!
//! The answer is free text that names people and their documents. None of it is kept: what comes
//! out is whether the queue answers, is ready and takes jobs, where it says so in plain words, and
//! how many jobs there are, where that is plain. Everything else of the protocol prints, and is not here.
//!
//! Source: RFC 1179 §5.3.

use crate::talk::{Talk, Tick};

/// Is how much of an answer is read, in octets.
pub const LIMIT: usize = 8 << 10;

/// Is what is known of a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Whether it answered at all.
    pub lives: bool,
    /// Whether it prints what it has; `None` if it does not say so in words that are known.
    pub ready: Option<bool>,
    /// Whether it takes jobs, which is another matter: a queue that is stopped may still take them.
    /// `None` if it does not say so in words that are known.
    pub accepts: Option<bool>,
    /// How many jobs there are, where that is plain.
    pub jobs: Option<u32>,
}

/// Returns the octets that ask for the short state of a queue, or `None` if its name cannot be
/// said in this protocol.
pub fn request(queue: &str) -> Option<Vec<u8>> {
    let can_be_said = !queue.is_empty() && queue.len() <= 255 && queue.bytes().all(|octet| matches!(octet, b'!'..=b'~' | 0x80..));
    can_be_said.then(|| [b"\x03", queue.as_bytes(), b" \n"].concat())
}

/// Asks for the state of one queue.
///
/// The answer ends where the other end closes, so nothing is known before that or before the
/// time is up.
#[derive(Debug)]
pub struct Question {
    request: Option<Vec<u8>>,
    /// How long to wait, in microseconds.
    patience: Tick,
    deadline: Option<Tick>,
    text: Vec<u8>,
    is_done: bool,
}

impl Question {
    /// Prepares the question; `None` if the queue's name cannot be said in this protocol.
    pub fn new(queue: &str, patience: Tick) -> Option<Question> {
        let request = request(queue)?;
        Some(Question { request: Some(request), patience, deadline: None, text: Vec::new(), is_done: false })
    }

    /// Returns what is known, and forgets the text.
    pub fn finish(self) -> Queue {
        read(&self.text)
    }
}

impl Talk for Question {
    fn poll_transmit(&mut self, now: Tick) -> Option<Vec<u8>> {
        let request = self.request.take()?;
        self.deadline = Some(now.saturating_add(self.patience));
        Some(request)
    }

    fn handle_input(&mut self, _now: Tick, octets: &[u8]) {
        let room = LIMIT - self.text.len();
        self.text.extend(&octets[..octets.len().min(room)]);
        self.is_done |= self.text.len() == LIMIT;
    }

    fn handle_closed(&mut self, _now: Tick) {
        self.is_done = true;
    }

    fn handle_timeout(&mut self, now: Tick) {
        self.is_done |= self.deadline.is_some_and(|deadline| now >= deadline);
    }

    fn poll_timeout(&self) -> Option<Tick> {
        self.deadline.filter(|_| !self.is_done)
    }

    fn is_done(&self) -> bool {
        self.is_done
    }
}

/// Reads the state of a queue out of free text.
pub fn read(text: &[u8]) -> Queue {
    let text = &text[..text.len().min(LIMIT)];
    // One octet other than zero is the protocol's way of saying no to anything.
    if let [] | [1..=8] = text {
        return Queue { lives: !text.is_empty(), ..Queue::default() };
    }
    // Words are ASCII whatever the charset; of UTF-16 every second octet is zero.
    let lines: Vec<String> = text
        .split(|octet| matches!(octet, b'\n' | b'\r' | b'\x0c'))
        .map(|line| line.iter().filter(|octet| **octet != 0).map(|octet| char::from(octet.to_ascii_lowercase())).collect::<String>())
        .filter(|line: &String| !line.trim().is_empty())
        .collect();
    // Only the lines before the first job are about the queue: what follows is written by those who
    // print.
    let about = lines.iter().take_while(|line| !is_heading(line) && rank(line).is_none());
    let about: Vec<&str> = about.map(String::as_str).collect();
    Queue { lives: true, ready: said(&about, READY, NOT_READY), accepts: said(&about, ACCEPTS, NOT_ACCEPTS), jobs: jobs(&lines) }
}

/// The words of BSD's, System V's and CUPS' daemons, which printers have copied.
const READY: &[&str] = &["is ready", "is idle", "printing is enabled"];
const NOT_READY: &[&str] = &["not ready", "printing is disabled", "is down", "is stopped"];
const ACCEPTS: &[&str] = &["accepting jobs", "accepting requests", "queuing is enabled"];
const NOT_ACCEPTS: &[&str] = &["not accepting", "queuing is disabled", "queue is turned off", "unknown printer"];

/// Returns what some lines say; a denial anywhere outweighs the rest.
fn said(lines: &[&str], yes: &[&str], no: &[&str]) -> Option<bool> {
    let says = |words: &[&str]| lines.iter().any(|line| words.iter().any(|words| line.contains(words)));
    match (says(yes), says(no)) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    }
}

/// Counts jobs where that is plain: no entries, or a table whose rows begin with a rank.
fn jobs(lines: &[String]) -> Option<u32> {
    if let [line] | [_, line] = lines
        && line.trim().trim_end_matches('.') == "no entries"
    {
        return Some(0);
    }
    let heading = lines.iter().position(|line| is_heading(line))?;
    let rows = &lines[heading + 1..];
    // A row that is none makes the number unsure, and so does a text that may have been cut.
    let octets: usize = lines.iter().map(|line| line.len() + 1).sum();
    let is_plain = octets < LIMIT / 2 && rows.iter().all(|row| rank(row).is_some());
    is_plain.then(|| rows.iter().filter(|row| rank(row).is_some()).count() as u32)
}

fn is_heading(line: &str) -> bool {
    let mut words = line.split_whitespace();
    words.next() == Some("rank") && words.any(|word| word == "job")
}

/// Reads the rank that begins a row: `active`, `1st`, `2nd`, `10th`.
fn rank(line: &str) -> Option<()> {
    let word = line.split_whitespace().next()?;
    let number = ["st", "nd", "rd", "th"].iter().find_map(|ending| word.strip_suffix(ending));
    let is_number = number.is_some_and(|number| !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit()));
    (word == "active" || is_number).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"laser is ready and printing\nRank    Owner   Job     File(s)             Total Size\n\
        active  ada     12      salaries.pdf        1024 bytes\n1st     ada     13      not accepting.pdf   1024 bytes\n";

    #[test]
    fn the_question_is_the_short_state_and_nothing_else() {
        assert_eq!(request("laser").as_deref(), Some(&b"\x03laser \n"[..]));
        let mut question = Question::new("raw", 5).expect("a name");
        assert_eq!(question.poll_transmit(0).as_deref(), Some(&b"\x03raw \n"[..]));
        assert_eq!(question.poll_transmit(0), None);
    }

    #[test]
    fn a_name_that_would_become_another_command_is_refused() {
        for name in ["", "a b", "a\n\x02b", "a\tb", "a\0", &"q".repeat(256)] {
            assert_eq!(request(name), None, "{name:?}");
            assert!(Question::new(name, 5).is_none());
        }
    }

    #[test]
    fn an_empty_queue_lives_and_has_no_jobs() {
        let empty = Queue { lives: true, jobs: Some(0), ..Queue::default() };
        assert_eq!(read(b"laser is ready\nno entries\n"), Queue { ready: Some(true), ..empty });
        assert_eq!(read(b"no entries\r\n"), empty);
    }

    #[test]
    fn jobs_are_counted_where_the_table_is_plain() {
        assert_eq!(read(TABLE), Queue { lives: true, ready: Some(true), accepts: None, jobs: Some(2) });
        let odd = [TABLE, b"Warnung: Papier fehlt\n"].concat();
        assert_eq!(read(&odd).jobs, None, "a line that is no row may be a job all the same");
    }

    #[test]
    fn names_of_jobs_and_people_are_never_kept() {
        let mut question = Question::new("laser", 5).expect("a name");
        question.handle_input(0, TABLE);
        question.handle_closed(0);
        let shown = format!("{:?}", question.finish());
        assert_eq!(shown, "Queue { lives: true, ready: Some(true), accepts: None, jobs: Some(2) }");
    }

    #[test]
    fn a_document_s_name_says_nothing_about_the_queue() {
        let text = b"Rank Owner Job Files Total Size\nactive eve 1 printer disabled no entries 5 bytes\n";
        assert_eq!(read(text), Queue { lives: true, jobs: Some(1), ..Queue::default() });
    }

    #[test]
    fn a_queue_that_takes_nothing_says_so_in_several_ways() {
        for text in [
            &b"laser is not accepting jobs\nno entries\n"[..],
            b"Warning: raw queue is turned off\n",
            b"laser:\n\tqueuing is disabled\n\tprinting is enabled\n",
            b"lpd: unknown printer x\n",
        ] {
            assert_eq!(read(text).accepts, Some(false), "{}", String::from_utf8_lossy(text));
        }
        assert_eq!(read(b"laser accepting requests since Monday\n").accepts, Some(true));
    }

    #[test]
    fn a_queue_that_is_stopped_may_still_take_jobs() {
        // cups-lpd says so of a printer that is stopped, and takes the next job all the same.
        let stopped = Queue { lives: true, ready: Some(false), accepts: None, jobs: Some(0) };
        assert_eq!(read(b"laser is not ready\nno entries\n"), stopped);
        assert_eq!(read(b"Warning: laser is down:\nno entries\n"), stopped);
    }

    #[test]
    fn text_of_any_charset_lives_and_says_no_more_than_it_says() {
        let shift_jis = b"\x83v\x83\x8a\x83\x93\x83^ \x8f\x80\x94\xf5\x8a\xae\x97\xb9\r\n";
        let latin_1 = b"Warteschlange l\xe4uft\n";
        let ebcdic = [0xd9, 0xc5, 0xc1, 0xc4, 0xe8, 0x15];
        for text in [&shift_jis[..], latin_1, &ebcdic, &[0xff; 300], "準備完了\n".as_bytes()] {
            assert_eq!(read(text), Queue { lives: true, ..Queue::default() });
        }
        let utf_16: Vec<u8> = "laser is ready\nno entries\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&utf_16), Queue { lives: true, ready: Some(true), accepts: None, jobs: Some(0) });
    }

    #[test]
    fn silence_is_no_life_and_a_refusing_octet_is_no_more_than_life() {
        assert_eq!(read(b""), Queue::default());
        assert_eq!(read(&[1]), Queue { lives: true, ..Queue::default() });
    }

    #[test]
    fn an_endless_answer_is_read_up_to_its_bound_and_counts_nothing() {
        let mut question = Question::new("laser", 5).expect("a name");
        question.handle_input(0, b"Rank Owner Job Files\n");
        while !question.is_done() {
            question.handle_input(0, b"active ada 12 x\n");
        }
        assert_eq!(question.text.len(), LIMIT);
        assert_eq!(question.finish().jobs, None);
    }

    #[test]
    fn a_queue_that_never_closes_is_waited_for_until_the_time_is_up() {
        let mut question = Question::new("laser", 5).expect("a name");
        assert_eq!(question.poll_timeout(), None);
        question.poll_transmit(10);
        assert_eq!(question.poll_timeout(), Some(15));
        question.handle_timeout(14);
        assert!(!question.is_done());
        question.handle_timeout(15);
        assert!(question.is_done());
        assert_eq!(question.finish(), Queue::default());
    }
}
