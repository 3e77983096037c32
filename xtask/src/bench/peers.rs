//! Public programs that do the same work, as Debian packages; each is measured where it is installed.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Bench;
use super::fleet::{self, Fleet};
use super::series::{Contender, Tells, words};
use crate::paths;

/// A program that does a part of what is measured.
struct Peer {
    program: &'static str,
    /// The Debian package that brings it.
    package: &'static str,
}

const ONESIXTYONE: Peer = Peer { program: "onesixtyone", package: "onesixtyone" };
const BRAA: Peer = Peer { program: "braa", package: "braa" };
const NET_SNMP: Peer = Peer { program: "snmpbulkwalk", package: "snmp" };

/// The name of the peer that asks each address once and never again: its requests need no count.
pub const ASKS_ONCE: &str = "onesixtyone";

impl Peer {
    fn find(&self) -> Option<PathBuf> {
        paths::find_program(self.program)
    }
}

/// Says aloud which peers will be missing from the tables.
pub fn say_absent() {
    for Peer { program, package } in [ONESIXTYONE, BRAA, NET_SNMP].iter().filter(|peer| peer.find().is_none()) {
        println!("{program} is absent and is not measured; `apt-get install {package}` brings it");
    }
}

/// Asks each address once, as fast as it can, and waits five seconds for stragglers.
pub fn onesixtyone(bench: &Bench, fleet: &Fleet, everywhere: &Path) -> Result<Option<Contender>> {
    let Some(program) = ONESIXTYONE.find() else { return Ok(None) };
    let communities = bench.folder.join("communities");
    fs::write(&communities, "public\n")?;
    let mut arguments = words(&format!("-w 0 -p {}", fleet.port));
    arguments.extend(["-c".to_string(), communities.display().to_string(), "-i".to_string(), everywhere.display().to_string()]);
    Ok(Some(Contender { name: ASKS_ONCE.to_string(), program, arguments, tells: Tells::Addresses }))
}

/// Asks each address for sysObjectID, once more if it is silent, and waits a second.
pub fn braa(fleet: &Fleet) -> Result<Option<Contender>> {
    let Some(program) = BRAA.find() else { return Ok(None) };
    let (first, size) = fleet::span(fleet.network).context("the fleet's network is a network")?;
    let last = Ipv4Addr::from_bits(first.to_bits() + (size - 1));
    let arguments = words(&format!("-2 -r 1 -t 1 public@{first}-{last}:{}:.1.3.6.1.2.1.1.2.0", fleet.port));
    Ok(Some(Contender { name: "braa".to_string(), program, arguments, tells: Tells::Addresses }))
}

/// Asks for about the same values with net-snmp's programs, four devices at a time.
///
/// One snmpget: sysDescr, sysName, prtGeneralSerialNumber, hrDeviceStatus, hrPrinterStatus,
/// hrPrinterDetectedErrorState, prtMarkerLifeCount. One snmpbulkwalk each: prtInputTable,
/// prtMarkerSuppliesTable, prtAlertTable (RFC 3418, RFC 2790, RFC 3805).
pub fn net_snmp(bench: &Bench, fleet: &Fleet, list: &Path, few: u32) -> Result<Option<Contender>> {
    if NET_SNMP.find().is_none() {
        return Ok(None);
    }
    let text = fs::read_to_string(list)?;
    let part: Vec<&str> = text.lines().take(few as usize).collect();
    let (short, script) = (bench.folder.join("few"), bench.folder.join("net-snmp.sh"));
    fs::write(&short, part.join("\n") + "\n")?;
    fs::write(
        &script,
        format!(
            "d=$1:{}\n\
             snmpget -v2c -c public -On $d 1.3.6.1.2.1.1.1.0 1.3.6.1.2.1.1.5.0 1.3.6.1.2.1.43.5.1.1.17.1 1.3.6.1.2.1.25.3.2.1.5.1 \
             1.3.6.1.2.1.25.3.5.1.1.1 1.3.6.1.2.1.25.3.5.1.2.1 1.3.6.1.2.1.43.10.2.1.4.1.1\n\
             for t in 8.2 11.1 18.1; do snmpbulkwalk -v2c -c public -On -Cr60 $d 1.3.6.1.2.1.43.$t; done\n",
            fleet.port
        ),
    )?;
    let mut arguments = words("-P 4 -n 1 -a");
    arguments.extend([short.display().to_string(), "sh".to_string(), script.display().to_string()]);
    let name = format!("net-snmp, {few} devices, 4 at a time");
    Ok(Some(Contender { name, program: PathBuf::from("xargs"), arguments, tells: Tells::Nothing }))
}
