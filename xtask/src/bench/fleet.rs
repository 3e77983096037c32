//! Simulated printers to measure against.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::Path;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::{measure, v3};
use crate::process;

/// How printers are laid out and how they behave.
#[derive(Clone, Copy)]
pub struct Printers {
    /// Part of 127.0.0.0/8.
    pub network: &'static str,
    pub count: u32,
    /// More of `roundsman sim`'s options.
    pub manners: &'static [&'static str],
}

/// A running `roundsman sim`; it ends when this is dropped.
pub struct Fleet {
    child: Child,
    pub port: u16,
    pub network: &'static str,
}

/// How long a fleet may take until it answers: a hundred thousand printers are laid out first.
const STARTS_WITHIN: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(20);

/// An SNMP v2c GET of sysUpTime.0, community `public`.
const HELLO: &[u8] = b"\x30\x26\x02\x01\x01\x04\x06public\
    \xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x05\x00";

impl Fleet {
    /// Starts printers and waits until the first one answers; what they print goes into the folder.
    pub fn start(program: &Path, folder: &Path, printers: Printers) -> Result<Self> {
        let port = free_port()?;
        let said = folder.join("sim.out");
        let output = File::create(&said)?;
        let mut command = process::program(program)?;
        command.args(["sim", "--network", printers.network, "--count", &printers.count.to_string(), "--port", &port.to_string()]);
        command.args(printers.manners).envs(v3::PASSWORDS).stdout(output.try_clone()?).stderr(output);
        let child = measure::dying_with_us(&mut command).spawn().context("`roundsman sim` did not start")?;
        let mut fleet = Fleet { child, port, network: printers.network };

        let deadline = Instant::now() + STARTS_WITHIN;
        loop {
            let text = fs::read_to_string(&said)?;
            if let Some(status) = fleet.child.try_wait()? {
                bail!("`{}` ended with {status}: {}", process::line(&command), text.trim());
            }
            if first_address(&text).is_some_and(|first| fleet.answers(first)) {
                return Ok(fleet);
            }
            if Instant::now() > deadline {
                bail!("`{}` does not answer after {} s", process::line(&command), STARTS_WITHIN.as_secs());
            }
            thread::sleep(LOOK);
        }
    }

    fn answers(&self, printer: Ipv4Addr) -> bool {
        let ask = || {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            // Slow printers take up to a fifth of a second.
            socket.set_read_timeout(Some(Duration::from_millis(500)))?;
            socket.connect((printer, self.port))?;
            socket.send(HELLO)?;
            socket.recv(&mut [0; 1500])
        };
        ask().is_ok()
    }

    /// Returns the processor time the printers have used since they were started.
    pub fn cpu(&self) -> Duration {
        ticks_of(self.child.id()).unwrap_or_default()
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        // If it has ended already there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns the processor time that a process has used; `None` if it has ended.
pub fn ticks_of(pid: u32) -> Option<Duration> {
    let ticks = fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|stat| ticks(&stat))?;
    // SAFETY: sysconf reads a constant of the system.
    let per_second = u64::try_from(unsafe { libc::sysconf(libc::_SC_CLK_TCK) }).unwrap_or(100).max(1);
    Some(Duration::from_millis(ticks * 1000 / per_second))
}

/// Returns a port that nobody on this machine uses.
fn free_port() -> Result<u16> {
    Ok(UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?.local_addr()?.port())
}

/// Reads the first printer's address from the line that says where they are.
fn first_address(said: &str) -> Option<Ipv4Addr> {
    // The last line may be half written.
    let (line, _) = said.split_once('\n')?;
    line.split_whitespace().find_map(|word| word.parse().ok())
}

/// Reads user and system time, in ticks, from the text of /proc/PID/stat.
fn ticks(stat: &str) -> Option<u64> {
    // The program's name stands in parentheses and may hold spaces; fields are counted behind it.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11);
    Some(times.next()?.parse::<u64>().ok()? + times.next()?.parse::<u64>().ok()?)
}

/// Writes every address of a network `A.B.C.D/N` to a file, one a line, and returns how many.
pub fn write_addresses(network: &str, path: &Path) -> Result<u32> {
    let (first, size) = span(network).with_context(|| format!("{network} is no network"))?;
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..size {
        writeln!(file, "{}", Ipv4Addr::from_bits(first.to_bits() + number))?;
    }
    file.flush()?;
    Ok(size)
}

/// Returns a network's first address and its size.
pub fn span(network: &str) -> Option<(Ipv4Addr, u32)> {
    let (first, length) = network.split_once('/')?;
    let size = 1_u32.checked_shl(32_u32.checked_sub(length.parse().ok()?)?)?;
    Some((first.parse().ok()?, size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_printer_is_read_from_a_whole_line_only() {
        let line = "20 printers from 127.19.0.4 to 127.19.0.250 answer SNMP v1 and v2c on port 21999";
        assert_eq!(first_address(line), None);
        assert_eq!(first_address(&format!("{line}\ntry: ")), Some(Ipv4Addr::new(127, 19, 0, 4)));
    }

    #[test]
    fn ticks_are_counted_behind_the_name_of_the_program() {
        assert_eq!(ticks("42 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 30 12 0 0 20 0"), Some(42));
        assert_eq!(ticks(""), None);
    }

    #[test]
    fn a_network_has_its_first_address_and_size() {
        assert_eq!(span("127.16.0.0/16"), Some((Ipv4Addr::new(127, 16, 0, 0), 65_536)));
        assert_eq!(span("127.16.0.0/33"), None);
        assert_eq!(span("127.16.0.0"), None);
    }
}
