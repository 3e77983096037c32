//! A word with the running agent, over its local interface.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::args::SyncNowArgs;
use crate::board::Standing;
use crate::page::{ADDRESS_FILE, TOKEN_FILE};
use crate::secrets;

/// Is how long the agent may take to answer.
const WITHIN: Duration = Duration::from_secs(10);
/// Is the largest answer that is read.
const LARGEST: u64 = 1 << 20;
/// Is how long a report is waited for.
const REPORT_WITHIN: Duration = Duration::from_secs(600);

/// Is the way to the running agent.
pub struct Local {
    address: SocketAddr,
    token: String,
}

/// Is an answer: status and body.
struct Answer {
    status: u16,
    body: String,
}

impl Local {
    /// Finds the running agent; `None` if none has left word in the folder.
    ///
    /// # Errors
    /// Fails if it has and this user may not read it.
    pub fn find(folder: &Path) -> Result<Option<Self>> {
        let text = |name: &str| -> Result<Option<String>> {
            let path = folder.join(name);
            let octets = secrets::read(&path)
                .with_context(|| format!("cannot read {}; run this as the user of the agent, or as an administrator", path.display()))?;
            Ok(octets.map(|octets| String::from_utf8_lossy(&octets).trim().to_owned()))
        };
        let (Some(address), Some(token)) = (text(ADDRESS_FILE)?, text(TOKEN_FILE)?) else { return Ok(None) };
        let Ok(mut address) = address.parse::<SocketAddr>() else { return Ok(None) };
        // Listening everywhere, it can be called here.
        if address.ip().is_unspecified() {
            address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
        }
        Ok(Some(Local { address, token }))
    }

    /// Returns how the agent stands; `None` if nobody answers.
    ///
    /// # Errors
    /// Fails if something else answers.
    pub fn status(&self) -> Result<Option<Standing>> {
        let Some(answer) = self.ask("GET", "/api/v1/status")? else { return Ok(None) };
        if answer.status != 200 {
            bail!("the agent at {} does not say how it stands: {}", self.address, said(&answer));
        }
        serde_json::from_str(&answer.body).map(Some).context("the agent's answer does not read; is it of another version?")
    }

    /// Tells the agent that it has been enrolled; returns whether it heard.
    ///
    /// # Errors
    /// Fails if something else answers.
    pub fn tell_enrolled(&self) -> Result<bool> {
        Ok(self.ask("POST", "/api/v1/enrolled")?.is_some_and(|answer| answer.status == 202))
    }

    /// The agent speaks HTTP/1.1 and ends the connection when asked to, so an answer is all there is
    /// until the end. Nobody who answers is trusted to end, nor to be small.
    fn ask(&self, method: &str, path: &str) -> Result<Option<Answer>> {
        let Ok(mut stream) = TcpStream::connect_timeout(&self.address, WITHIN) else { return Ok(None) };
        stream.set_read_timeout(Some(WITHIN))?;
        stream.set_write_timeout(Some(WITHIN))?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.address, self.token
        );
        let mut octets = Vec::new();
        let until = Instant::now() + WITHIN;
        stream.write_all(request.as_bytes()).context("the agent does not listen")?;
        let mut part = [0; 4096];
        while Instant::now() < until && (octets.len() as u64) < LARGEST {
            match stream.read(&mut part).context("the agent does not answer")? {
                0 => break,
                count => octets.extend_from_slice(&part[..count]),
            }
        }
        let text = String::from_utf8_lossy(&octets);
        let (head, body) = text.split_once("\r\n\r\n").context("what answers at the agent's address is no web server")?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("what answers there is no web server")?;
        Ok(Some(Answer { status, body: body.to_owned() }))
    }
}

fn said(answer: &Answer) -> String {
    match serde_json::from_str::<wire::talk::Problem>(&answer.body) {
        Ok(problem) => {
            let detail = problem.detail.map(|detail| format!("; {detail}")).unwrap_or_default();
            report::safe_text(&format!("{}{detail}", problem.title)).into_owned()
        }
        Err(_) => format!("status {}", answer.status),
    }
}

/// Asks the running agent to read and report.
///
/// # Errors
/// Fails if no agent runs, if it has no server, and, waiting, if the report does not get there.
pub fn sync_now(args: &SyncNowArgs, folder: &Path) -> Result<ExitCode> {
    let nobody = || {
        format!("no agent runs with the folder {}; start it with `roundsman-agent run`, or name its folder with --folder", folder.display())
    };
    let local = Local::find(folder)?.with_context(nobody)?;
    let before = Timestamp::now();
    let answer = local.ask("POST", "/api/v1/sync-now")?.with_context(nobody)?;
    if answer.status != 202 {
        bail!("{}", said(&answer));
    }
    if !args.wait {
        println!("asked: the printers are read now, and then the server is told");
        return Ok(ExitCode::SUCCESS);
    }
    let until = Instant::now() + REPORT_WITHIN;
    while Instant::now() < until {
        let standing = local.status()?.context("the agent has stopped meanwhile")?;
        let window = standing.synchronisation;
        if window.last_success_at.is_some_and(|success| success >= before) {
            println!("done: the server has everything");
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(error) = window.last_error.filter(|error| error.at >= before) {
            bail!("the server could not be told: {}", error.reason);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    bail!("the server was not told within ten minutes; `roundsman-agent status` says how things stand")
}
