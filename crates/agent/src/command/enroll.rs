//! `enroll`: getting to know the server, once.

use std::io::Read;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use settings::Trusted;
use uplink::Trust;
use wire::code::EnrolmentCode;
use wire::envelope::SenderKind;
use wire::talk::EnrolRequest;

use super::WrongUsage;
use super::local::Local;
use crate::args::EnrollArgs;
use crate::config::Config;
use crate::enrolment::Enrolment;
use crate::link;
use crate::run::make_folder;
use crate::secrets;
use crate::speaker::software;

/// Is whom to ask, whom to trust, and what to show.
struct Introduction {
    server: String,
    trust: Trust,
    secret: String,
}

/// Enrols the agent. An earlier enrolment stays until the new one is on disk.
///
/// # Errors
/// Fails if the code is mistyped or has expired, if the server is not the one meant, and if it
/// does not take the code.
pub fn run(args: &EnrollArgs, config: &Config, folder: &Path) -> Result<ExitCode> {
    let introduction = match &args.code {
        Some(code) => by_code(code, config)?,
        None => by_token(args, config)?,
    };
    // What cannot be kept must not use up the code.
    make_folder(folder)?;
    writable(folder)?;
    let name = args.name.clone().or_else(|| config.site.name.clone());
    let options = link::options(config, &introduction.server, introduction.trust)?;
    let request = EnrolRequest { secret: introduction.secret, kind: SenderKind::Agent, name: name.clone(), software: software() };
    let enrolled = link::enrol(options, &request)?;
    let enrolment = Enrolment {
        server: introduction.server,
        authority: enrolled.authority.map(|authority| authority.to_vec()),
        sender: enrolled.reply.sender,
        secret: enrolled.reply.secret,
        name,
        at: Timestamp::now(),
    };
    enrolment.keep(folder)?;
    println!("enrolled with {} as {}", enrolment.server, enrolment.sender);
    match Local::find(folder)?.map(|local| local.tell_enrolled()).transpose() {
        Ok(Some(true)) => println!("the running agent reports there from now on"),
        _ => println!("start the agent with `roundsman-agent run`, or as a service with `roundsman-agent service install`"),
    }
    Ok(ExitCode::SUCCESS)
}

fn by_code(code: &str, config: &Config) -> Result<Introduction> {
    let text = if code == "-" { from_standard_input()? } else { code.to_owned() };
    let code: EnrolmentCode = text.parse().map_err(|error: wire::code::CodeError| WrongUsage(error.to_string()))?;
    if code.expires_at <= Timestamp::now() {
        bail!("the enrolment code expired {}; ask for a new one, or set this computer's clock if it is wrong", code.expires_at);
    }
    let trust = match (code.authority(), &config.server.trust) {
        (Some(sum), _) => Trust::Enrolment(sum),
        (None, Trusted::Enrolled) => Trust::System,
        (None, trusted) => configured(trusted)?,
    };
    Ok(Introduction { server: code.server.clone(), trust, secret: code.secret_text() })
}

fn from_standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text).context("no code can be read from standard input")?;
    Ok(text)
}

fn by_token(args: &EnrollArgs, config: &Config) -> Result<Introduction> {
    let secret = match (&args.token, &args.token_file) {
        (Some(token), _) => token.trim().to_owned(),
        (None, Some(path)) => {
            let octets = secrets::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            let octets = octets.with_context(|| format!("{}: there is no such file", path.display()))?;
            String::from_utf8_lossy(&octets).trim().to_owned()
        }
        (None, None) => return Err(WrongUsage("give a code, or a token and a server".to_owned()).into()),
    };
    let server = args.server.clone().ok_or_else(|| WrongUsage("a token goes with --server HOST:PORT".to_owned()))?;
    let trust = match &config.server.trust {
        Trusted::Enrolled => Trust::System,
        trusted => configured(trusted)?,
    };
    Ok(Introduction { server, trust, secret })
}

fn configured(trusted: &Trusted) -> Result<Trust> {
    Ok(match trusted {
        Trusted::Enrolled | Trusted::System => Trust::System,
        Trusted::File(path) => Trust::Authorities(link::certificates(path)?),
        Trusted::Pin(pin) => Trust::PinnedKey(*pin),
    })
}

fn writable(folder: &Path) -> Result<()> {
    let probe = folder.join("enrolment.probe");
    secrets::write(&probe, b"").and_then(|()| std::fs::remove_file(&probe)).with_context(|| {
        format!("nothing can be written to {}; run this as the user of the agent, or name another folder with --folder", folder.display())
    })
}
