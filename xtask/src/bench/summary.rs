//! What a measured program printed.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Result;

/// The line that `roundsman scan --format none` ends with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Devices read whole, those read again because something moved included.
    pub read: u64,
    /// Re-reads that found nothing moved.
    pub unchanged: u64,
    pub silent: u64,
    pub requests: u64,
}

impl Summary {
    /// Finds the line among others.
    pub fn parse(text: &str) -> Option<Self> {
        text.lines().rev().find_map(|line| {
            let before = |words: &str| {
                let (front, _) = line.split_once(words)?;
                front.rsplit([' ', '(']).next()?.parse().ok()
            };
            Some(Summary {
                read: before(" read,")?,
                unchanged: before(" found unchanged")?,
                silent: before(" silent")?,
                requests: before(" requests")?,
            })
        })
    }

    /// Returns how many readings were finished, first ones and re-reads together.
    pub fn readings(&self) -> u64 {
        self.read + self.unchanged
    }
}

/// Counts the different addresses with which lines of a file begin.
///
/// The file may hold anything behind them: peers print what devices say, in whatever charset.
pub fn distinct_addresses(path: &Path) -> Result<u64> {
    let mut found = BTreeSet::new();
    for line in BufReader::new(File::open(path)?).split(b'\n') {
        found.extend(leading_address(&line?));
    }
    Ok(found.len() as u64)
}

fn leading_address(line: &[u8]) -> Option<Ipv4Addr> {
    let end = line.iter().position(|octet| !octet.is_ascii_digit() && *octet != b'.').unwrap_or(line.len());
    std::str::from_utf8(&line[..end]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_is_found_among_other_lines() {
        let text = "3 datagrams were ignored: not asked for, not from where was asked, or not SNMP\n\
            2001 read, 4 with problems, 39388 found unchanged, 5 silent; 46403 requests (18156183 octets), 46400 answers (22199506 octets)\n";
        let summary = Summary::parse(text).unwrap();
        assert_eq!(summary, Summary { read: 2001, unchanged: 39388, silent: 5, requests: 46403 });
        assert_eq!(summary.readings(), 41389);
    }

    #[test]
    fn no_summary_is_no_figure() {
        assert_eq!(Summary::parse("error: cannot open a network socket\n"), None);
        assert_eq!(Summary::parse(""), None);
    }

    #[test]
    fn an_address_leads_the_line_of_every_program() {
        let address = Some(Ipv4Addr::new(127, 16, 255, 215));
        assert_eq!(leading_address(b"127.16.255.215"), address);
        assert_eq!(leading_address(b"127.16.255.215 [public] Specimen \xe9"), address);
        assert_eq!(leading_address(b"127.16.255.215:0ms:.0:.12"), address);
        assert_eq!(leading_address(b"Scanning 20 hosts, 1 communities"), None);
        assert_eq!(leading_address(b""), None);
    }
}
