//! The job channel of a printer that speaks PJL: octets in, octets out.
//!
//! Written from HP's *Printer Job Language Technical Reference Manual*, chapter 6, and not from the
//! reader that is tested with it. Whatever arrives that is no question about the printer is counted
//! as printed: a reader must never make that count rise.

/// Ends whatever language the channel is in.
const UEL: &[u8] = b"\x1b%-12345X";

/// Is how a printer departs from the manual.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PjlHabit {
    #[default]
    Correct,
    /// Leaves out the form feed at the end of an answer.
    NoFormFeed,
    /// Ends lines with a line feed alone.
    LineFeedOnly,
    /// Sends unasked status before each answer.
    Talkative,
    /// Sends binary octets before each answer.
    Noisy,
    /// Answers nothing.
    Silent,
}

/// Is one printer at the other end of a job channel.
#[derive(Clone, Debug)]
pub struct PjlPrinter {
    pub id: String,
    pub status_code: u32,
    pub display: String,
    pub page_count: u64,
    pub habit: PjlHabit,
    /// Octets that would have been printed, or commands that would have changed something.
    pub printed: usize,
    buffer: Vec<u8>,
}

impl PjlPrinter {
    /// Makes a printer that is ready.
    pub fn new(id: &str, page_count: u64) -> Self {
        PjlPrinter {
            id: id.to_owned(),
            status_code: 10_001,
            display: "Ready".to_owned(),
            page_count,
            habit: PjlHabit::Correct,
            printed: 0,
            buffer: Vec::new(),
        }
    }

    /// Takes octets and returns what the printer sends back.
    pub fn answer(&mut self, octets: &[u8]) -> Vec<u8> {
        self.buffer.extend(octets);
        let mut out = Vec::new();
        loop {
            if self.buffer.starts_with(UEL) {
                self.buffer.drain(..UEL.len());
            } else if UEL.starts_with(&self.buffer) {
                return out;
            } else if let Some(end) = self.buffer.iter().position(|octet| *octet == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                out.extend(self.line(String::from_utf8_lossy(&line).trim()));
            } else {
                return out;
            }
        }
    }

    fn line(&mut self, line: &str) -> Vec<u8> {
        let Some(category) = line.strip_prefix("@PJL INFO ") else {
            self.printed += line.len();
            return Vec::new();
        };
        let lines = match category {
            "ID" => vec![format!("\"{}\"", self.id)],
            "STATUS" => vec![format!("CODE={}", self.status_code), format!("DISPLAY=\"{}\"", self.display), "ONLINE=TRUE".to_owned()],
            "PAGECOUNT" => vec![self.page_count.to_string()],
            "CONFIG" => ["IN TRAYS [2 ENUMERATED]", "\tINTRAY1 MP", "\tINTRAY2 PC", "MEMORY=16777216"].map(str::to_owned).to_vec(),
            "VARIABLES" => ["COPIES=1 [2 RANGE]", "\t1", "\t999", "DUPLEX=OFF [2 ENUMERATED]", "\tOFF", "\tON"].map(str::to_owned).to_vec(),
            _ => vec!["\"?\"".to_owned()],
        };
        self.framed(&format!("@PJL INFO {category}"), &lines)
    }

    fn framed(&self, first: &str, lines: &[String]) -> Vec<u8> {
        let end = if self.habit == PjlHabit::LineFeedOnly { "\n" } else { "\r\n" };
        let mut answer: Vec<u8> = match self.habit {
            PjlHabit::Silent => return Vec::new(),
            PjlHabit::Talkative => format!("@PJL USTATUS DEVICE\r\nCODE={}\r\nDISPLAY=\"x\"\r\n\x0c", self.status_code).into_bytes(),
            PjlHabit::Noisy => vec![0, 0xff, 0x80, b'\n', 0x0c, 7],
            _ => Vec::new(),
        };
        for line in std::iter::once(first).chain(lines.iter().map(String::as_str)) {
            answer.extend(line.as_bytes());
            answer.extend(end.as_bytes());
        }
        if self.habit != PjlHabit::NoFormFeed {
            answer.push(0x0c);
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_in_pieces_is_answered_once() {
        let mut printer = PjlPrinter::new("Nine", 7);
        let question = [UEL, b"@PJL INFO PAGECOUNT\r\n", UEL].concat();
        let mut answer = Vec::new();
        question.iter().for_each(|octet| answer.extend(printer.answer(&[*octet])));
        assert_eq!(answer, b"@PJL INFO PAGECOUNT\r\n7\r\n\x0c");
        assert_eq!(printer.printed, 0);
    }

    #[test]
    fn what_is_no_question_is_printed() {
        let mut printer = PjlPrinter::new("Nine", 7);
        assert_eq!(printer.answer(b"@PJL SET COPIES=9\r\nhello\n"), b"");
        assert_eq!(printer.printed, 22);
    }
}
