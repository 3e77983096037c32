//! `roundsman up`: server and agent on one machine, with simulated printers or a network's own.
//!
//! The parts are children of this program, each a process of its own: what goes wrong in one does not
//! reach the others, and one that ends is started again. All that they know lies in one folder.
//! One of the simulated printers has a module as well, so that a device known by both ways is seen.

mod children;
mod folder;
mod provision;
mod user;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::args::UpArgs;
use crate::usage::WrongUsage;
use crate::{interrupt, setup};

use children::Child;
pub use children::follow_parent;
use folder::{Folder, Looking};

/// Is where the simulated printers are.
const SIMULATED: &str = "127.0.1.0/28";
const SIMULATED_PORT: u16 = 1161;
/// Is the simulated printer that has a module inside; the agent reads it as well.
const WITH_MODULE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 1, 1));

/// A part that has not begun to answer by then will not.
const PATIENCE: Duration = Duration::from_secs(60);

/// Is how often the parts are looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Is how often a part may end within [`WINDOW`] before everything is given up.
const MOST_ENDS: usize = 5;
const WINDOW: Duration = Duration::from_secs(600);

/// Runs the command until Ctrl-C.
///
/// # Errors
/// Fails if a port is taken, the folder cannot be written, or a part does not start.
pub fn run(args: &UpArgs) -> Result<ExitCode> {
    let server_at = SocketAddr::new(args.listen, args.port);
    let Some(page_port) = args.port.checked_add(1) else {
        return Err(WrongUsage("the agent's page takes the next port: name one below 65535".to_owned()).into());
    };
    // The agent has its page on loopback, wherever the server listens.
    let page_at = SocketAddr::new(loopback_of(args.listen), page_port);
    // A faulty file is told now, and not in a log.
    setup::catalog(&args.profiles)?;
    let stop = interrupt::flag()?;
    let folder = Folder::open(&args.data)?;
    let provided = provision::server(&folder, server_at)?;

    let mut children = Vec::new();
    let ended = start(&mut children, &folder, args, server_at, page_at, &provided, &stop)
        .and_then(|()| if stop.load(Ordering::Relaxed) { Ok(()) } else { watch(&mut children, &stop) });
    // The agent first: what it has on its way still arrives.
    children.iter_mut().rev().for_each(Child::stop);
    ended?;
    println!("stopped; `roundsman up --data {}` goes on from here", folder.shown());
    Ok(ExitCode::SUCCESS)
}

fn start(
    children: &mut Vec<Child>,
    folder: &Folder,
    args: &UpArgs,
    server_at: SocketAddr,
    page_at: SocketAddr,
    provided: &provision::Provided,
    stop: &AtomicBool,
) -> Result<()> {
    children.push(Child::start("server", &folder.server_arguments(server_at, &provided.name), &folder.log("server"))?);
    ready(children, stop)?;
    let by_user = args.scan.is_empty() && cryptography::permits_communities().is_err();
    let (ranges, port) = if args.scan.is_empty() {
        let port = free_port()?;
        let mut arguments = ["sim", "--network", SIMULATED, "--port", &port.to_string()].map(String::from).to_vec();
        if by_user {
            arguments.extend(user::arguments());
        }
        children.push(Child::start("printers", &arguments, &folder.log("printers"))?);
        (vec![SIMULATED.to_owned()], port)
    } else {
        (args.scan.clone(), args.port_of_printers)
    };
    // The port may be another one than at the last start.
    let called_at = SocketAddr::new(loopback_of(server_at.ip()), server_at.port());
    let profiles = match &args.profiles.folder {
        Some(folder) => Some(folder.canonicalize().with_context(|| format!("cannot find {}", folder.display()))?),
        None => None,
    };
    let credentials = by_user.then(|| user::write(&folder.agent(), &ranges)).transpose()?;
    folder.write_agent_configuration(&Looking { server_at: called_at, ranges, port, credentials, profiles, page_at })?;
    if !folder.is_enrolled() {
        provision::enrol_agent(folder, provided)?;
    }
    if args.scan.is_empty() {
        folder.write_module_configuration(called_at, SocketAddr::new(WITH_MODULE, port))?;
        provision::enrol_module(folder, provided)?;
        let arguments = [folder.module_program(), ["run", "--announce"].map(String::from).into()].concat();
        children.push(Child::start("module", &arguments, &folder.log("module"))?);
        ready(children, stop)?;
    }
    // Stopped in the opposite order: agent, module, printers, server.
    children.push(Child::start("agent", &folder.agent_arguments(), &folder.log("agent"))?);
    ready(children, stop)?;
    if !stop.load(Ordering::Relaxed) {
        tell(folder, args, server_at, page_at, provided);
    }
    Ok(())
}

/// Waits until the newest part answers.
fn ready(children: &mut [Child], stop: &AtomicBool) -> Result<()> {
    let since = Instant::now();
    let child = children.last_mut().context("a part was started")?;
    while !child.is_ready() && !stop.load(Ordering::Relaxed) {
        if let Some(status) = child.ended()? {
            bail!("the {} ended ({status}) before it answered:\n{}", child.name(), child.last_words());
        }
        if since.elapsed() > PATIENCE {
            bail!("the {} does not answer after {} s:\n{}", child.name(), PATIENCE.as_secs(), child.last_words());
        }
        std::thread::sleep(LOOK / 4);
    }
    Ok(())
}

/// Starts again what ends, until somebody wants everything to stop.
fn watch(children: &mut [Child], stop: &AtomicBool) -> Result<()> {
    let mut ends: Vec<Instant> = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        std::thread::sleep(LOOK);
        for child in children.iter_mut() {
            let Some(status) = child.ended()? else { continue };
            ends.retain(|end| end.elapsed() < WINDOW);
            ends.push(Instant::now());
            if ends.len() > MOST_ENDS {
                bail!(
                    "the {} has ended ({status}), once too often in {} minutes:\n{}",
                    child.name(),
                    WINDOW.as_secs() / 60,
                    child.last_words()
                );
            }
            eprintln!("the {} has ended ({status}) and is started again; see {}", child.name(), child.log().display());
            child.restart()?;
        }
    }
    Ok(())
}

/// Tells what is where, and then that everything answers.
fn tell(folder: &Folder, args: &UpArgs, server_at: SocketAddr, page_at: SocketAddr, provided: &provision::Provided) {
    let reached = SocketAddr::new(loopback_of(server_at.ip()), server_at.port());
    let printers = match args.scan.is_empty() {
        true => format!("simulated ones on {SIMULATED}, {WITH_MODULE} with a module inside; `--scan TARGET` reads yours"),
        false => args.scan.join(", "),
    };
    println!("server    https://{reached}");
    match &provided.password {
        Some(password) => println!("          log in as {}, password {password} (told this once)", provision::ADMINISTRATOR),
        None => println!(
            "          log in as {}; forgotten? `roundsman server --data {} user password {} --generate`",
            provision::ADMINISTRATOR,
            folder.server().display(),
            provision::ADMINISTRATOR
        ),
    }
    println!("agent     http://{page_at}, password in {}", folder.agent().join("page-password").display());
    println!("printers  {printers}");
    println!(
        "API       curl --cacert {0}/ca.pem -H \"Authorization: Bearer $(cat {0}/api-token)\" https://{reached}/api/v1/devices",
        folder.shown()
    );
    println!("ready     https://{reached} http://{page_at}; Ctrl-C stops everything, the next `up` goes on");
}

/// Returns the address of loopback of the same family.
fn loopback_of(listen: IpAddr) -> IpAddr {
    match listen {
        IpAddr::V4(address) if address.is_loopback() => listen,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
    }
}

/// Returns a port for the simulated printers: the usual one, or another if that is taken.
fn free_port() -> Result<u16> {
    let open = |port| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port));
    let socket = open(SIMULATED_PORT).or_else(|_| open(0)).context("no UDP port is free for the simulated printers")?;
    Ok(socket.local_addr()?.port())
}
