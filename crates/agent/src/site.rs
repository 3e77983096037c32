//! What the agent says of its computer and site: the sixteen fields, each as far as the system tells it.

use std::path::Path;

use wire::envelope::{Room, Site};

use crate::config::Config;
use crate::speaker::discovery_version;
use crate::store::{Store, StoreError};

/// Is the most that is read of a file in which the system describes itself.
const LARGEST: usize = 64 * 1024;

/// Gathers the fields; `name` is the site's unless the configuration has another.
///
/// # Errors
/// Fails if the store does not read.
pub fn site(config: &Config, store: &Store, folder: &Path, name: Option<&str>) -> Result<Site, StoreError> {
    let (within, without) = store.counts()?;
    Ok(Site {
        dns_name: host_name(),
        agent_database_octets: Some(store.octets()),
        agent_build_version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        ip_address: own_address(),
        operating_system_name: Some(operating_system()),
        processor: processor(),
        discovery_database_octets: Some(store.discovery_octets()?),
        disk: disk(folder),
        operating_system_type: Some(format!("{}-bit", usize::BITS)),
        time_zone: Some(config.zone_name()),
        devices_discovered: Some(within + without),
        memory: memory(),
        site_name: config.site.name.clone().or_else(|| name.map(str::to_owned)),
        printers_in_scope: Some(within),
        discovery_version: Some(discovery_version()),
        printers_out_of_scope: Some(without),
    })
}

/// Returns the text of a small file of the system.
fn told(path: &str) -> Option<String> {
    let octets = std::fs::read(path).ok()?;
    Some(String::from_utf8_lossy(&octets[..octets.len().min(LARGEST)]).into_owned())
}

fn host_name() -> Option<String> {
    let name =
        told("/proc/sys/kernel/hostname").or_else(|| std::env::var("COMPUTERNAME").ok()).or_else(|| std::env::var("HOSTNAME").ok())?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Returns the address from which devices are asked: that of the first network the host is on.
fn own_address() -> Option<String> {
    let subnets = netio::subnets::subnets().ok()?;
    subnets.first().map(|subnet| subnet.address.to_string())
}

fn operating_system() -> String {
    told("/etc/os-release").and_then(|text| field(&text, "PRETTY_NAME=")).unwrap_or_else(|| std::env::consts::OS.to_owned())
}

/// Returns what stands after a word at the beginning of a line, without quotes.
fn field(text: &str, word: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(word))?;
    let value = line.trim_start_matches([':', ' ', '\t']).trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

fn processor() -> Option<String> {
    let told = told("/proc/cpuinfo").and_then(|text| field(&text, "model name").or_else(|| field(&text, "Model")));
    told.or_else(|| Some(std::env::consts::ARCH.to_owned()))
}

fn memory() -> Option<Room> {
    let text = told("/proc/meminfo")?;
    let octets = |word| field(&text, word)?.trim_end_matches("kB").trim().parse::<u64>().ok()?.checked_mul(1024);
    Some(Room { size: octets("MemTotal")?, free: octets("MemAvailable")? })
}

/// Returns size and free space of the disk with a folder.
#[cfg(unix)]
fn disk(folder: &Path) -> Option<Room> {
    use std::os::unix::ffi::OsStrExt;
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes()).ok()?;
    let mut told = std::mem::MaybeUninit::<libc::statvfs>::zeroed();
    // SAFETY: the path ends in a zero octet, and the system fills a structure of its own form, which is valid when zero.
    let told = unsafe {
        if libc::statvfs(path.as_ptr(), told.as_mut_ptr()) != 0 {
            return None;
        }
        told.assume_init()
    };
    #[allow(clippy::unnecessary_cast, reason = "the types differ among systems")]
    let (block, all, free) = (told.f_frsize as u64, told.f_blocks as u64, told.f_bavail as u64);
    Some(Room { size: block.saturating_mul(all), free: block.saturating_mul(free) })
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Option<Room> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    #[cfg(target_os = "linux")]
    fn linux_tells_all_sixteen_fields() {
        let folder = Folder::new();
        let store = Store::open(folder.path()).unwrap();
        let site = site(&Config::default(), &store, folder.path(), Some("Head office")).unwrap();
        let serde_json::Value::Object(fields) = serde_json::to_value(&site).unwrap() else { panic!("is an object") };
        let missing = if site.ip_address.is_none() { 1 } else { 0 };
        assert_eq!(fields.len() + missing, 16, "{fields:?}");
        let (disk, memory) = (site.disk.unwrap(), site.memory.unwrap());
        assert!(disk.size >= disk.free && memory.size >= memory.free && memory.free > 0);
    }

    #[test]
    fn a_field_is_read_without_its_quotes() {
        assert_eq!(field("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 13\"\n", "PRETTY_NAME=").unwrap(), "Debian GNU/Linux 13");
        assert_eq!(field("model name\t: Acme 3000\n", "model name").unwrap(), "Acme 3000");
        assert_eq!(field("x=\n", "x="), None);
    }
}
