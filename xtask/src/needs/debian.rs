//! Programs that come as Debian packages.

use anyhow::{Result, bail};

use crate::{paths, process};

/// A program that is needed, and the package that brings it.
pub struct Packaged {
    program: &'static str,
    package: &'static str,
}

/// What the tests call: net-snmp as client and agent, address tools for simulated networks, an
/// independent DNS-SD responder with the bus it speaks over, a printer that speaks IPP and what prints on
/// it, a spooler that speaks LPD, what the README calls the API with, and the database of those who outgrow
/// one computer.
pub const FOR_TESTS: &[Packaged] = &[
    packaged("snmpget", "snmp"),
    packaged("snmpd", "snmpd"),
    packaged("ip", "iproute2"),
    packaged("unshare", "util-linux"),
    packaged("avahi-daemon", "avahi-daemon"),
    packaged("avahi-publish", "avahi-utils"),
    packaged("dbus-daemon", "dbus"),
    packaged("ippeveprinter", "cups-ipp-utils"),
    packaged("cupsd", "cups-daemon"),
    packaged("cups-lpd", "cups"),
    packaged("python3", "python3"),
    packaged("curl", "curl"),
    packaged("postgres", "postgresql"),
];

/// What learns a dictionary from reports.
pub const FOR_TRAINING: &[Packaged] = &[packaged("zstd", "zstd")];

/// What builds the FIPS module, whose integrity is computed by a program in Go; and what the story's test calls.
pub const FOR_FIPS: &[Packaged] = &[
    packaged("go", "golang-go"),
    packaged("cmake", "cmake"),
    packaged("gcc", "gcc"),
    packaged("perl", "perl"),
    packaged("nm", "binutils"),
    packaged("curl", "curl"),
];

const fn packaged(program: &'static str, package: &'static str) -> Packaged {
    Packaged { program, package }
}

/// Makes sure that every program is there.
pub fn provide(wanted: &[Packaged]) -> Result<()> {
    let is_there = |program: &str| paths::find_program(program).is_some();
    let absent = missing(wanted, is_there);
    if absent.is_empty() {
        return Ok(());
    }
    install(&absent)?;
    match missing(wanted, is_there).as_slice() {
        [] => Ok(()),
        still => bail!("installed, but their programs are not to be found: {}", still.join(" ")),
    }
}

/// Installs packages, or fails naming the command that would.
pub fn install(packages: &[&str]) -> Result<()> {
    if !may_install() {
        bail!("{}", advice(packages));
    }
    println!("installing Debian packages: {}", packages.join(" "));
    if !apt_get_install(packages)? {
        // A fresh image carries no package lists at all.
        process::run(apt_get()?.args(["update", "-q"]))?;
        if !apt_get_install(packages)? {
            bail!("apt-get did not install all of: {}", packages.join(" "));
        }
    }
    Ok(())
}

fn missing(wanted: &[Packaged], is_there: impl Fn(&str) -> bool) -> Vec<&'static str> {
    wanted.iter().filter(|wanted| !is_there(wanted.program)).map(|wanted| wanted.package).collect()
}

fn advice(packages: &[&str]) -> String {
    let packages = packages.join(" ");
    format!("missing: {packages}; run `sudo apt-get install -y {packages}`, then this again")
}

fn may_install() -> bool {
    let is_root = process::program("id").and_then(|mut id| Ok(id.arg("-u").output()?.stdout)).is_ok_and(|user| user.trim_ascii() == b"0");
    is_root && paths::find_program("apt-get").is_some()
}

fn apt_get_install(packages: &[&str]) -> Result<bool> {
    let mut command = apt_get()?;
    command.args(["install", "-y", "-q", "--no-install-recommends"]).args(packages);
    Ok(command.status()?.success())
}

fn apt_get() -> Result<std::process::Command> {
    let mut command = process::program("apt-get")?;
    command.env("DEBIAN_FRONTEND", "noninteractive");
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        let found = missing(FOR_TESTS, |program| program != "snmpd" && program != "avahi-publish");
        assert_eq!(found, ["snmpd", "avahi-utils"]);
    }

    #[test]
    fn advice_is_a_command_that_can_be_pasted() {
        assert_eq!(advice(&["snmp", "snmpd"]), "missing: snmp snmpd; run `sudo apt-get install -y snmp snmpd`, then this again");
    }
}
