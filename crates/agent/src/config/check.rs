//! What a configuration says that cannot be, or is not what its writer meant.

use std::net::{IpAddr, ToSocketAddrs};
use std::path::Path;

use settings::{Fault, Parsed, Trusted};
use survey::targets::{Target, Targets, parse_list};

use super::credentials::{advice, faults};
use super::{Config, Protocol, SnmpVersion};
use crate::profiles;

/// Is a word on something that works, and is perhaps not meant.
pub type Advice = Fault;

/// Is a range that does not read: its place in the list, and what is wrong with it.
type Wrong = (usize, String);

/// Checks what the types leave open. Faults keep the agent from starting; advice does not.
pub fn check(parsed: &Parsed<Config>) -> (Vec<Fault>, Vec<Advice>) {
    let mut found = Found { parsed, faults: Vec::new(), advice: Vec::new() };
    found.server();
    found.site();
    found.addresses();
    found.rhythms();
    found.profiles();
    found.privacy();
    found.page();
    found.traps();
    (found.faults, found.advice)
}

struct Found<'a> {
    parsed: &'a Parsed<Config>,
    faults: Vec<Fault>,
    advice: Vec<Advice>,
}

impl Found<'_> {
    fn fault(&mut self, path: &str, message: impl Into<String>) {
        self.faults.push(self.parsed.fault(path, message));
    }

    fn advise(&mut self, path: &str, message: impl Into<String>) {
        self.advice.push(self.parsed.fault(path, message));
    }

    fn server(&mut self) {
        let config = &self.parsed.value;
        if let Some(address) = &config.server.address
            && let Err(error) = address.parse::<uplink::Server>()
        {
            self.fault("server.address", format!("address in [server]: {error}"));
        }
        if let Trusted::File(path) = &config.server.trust {
            self.readable("server.trust", "the trust file", path);
        }
        match (&config.server.certificate, &config.server.key) {
            (Some(certificate), Some(key)) => {
                self.readable("server.certificate", "the certificate", certificate);
                self.readable("server.key", "the key", key);
            }
            (None, None) => {}
            (Some(_), None) => {
                self.fault("server.certificate", "certificate in [server] has no key beside it; name the PEM file of its key")
            }
            (None, Some(_)) => {
                self.fault("server.key", "key in [server] has no certificate beside it; name the PEM file of its certificate")
            }
        }
        match &config.proxy.url {
            Some(url) => {
                if let Err(error) = url.parse::<uplink::Proxy>() {
                    self.fault("proxy.url", format!("url in [proxy]: {error}"));
                } else if url.contains('@') {
                    self.fault(
                        "proxy.url",
                        "url in [proxy] has a user or password in it; give them in user and password, where they are kept secret",
                    );
                }
            }
            None if config.proxy.user.is_some() || config.proxy.password.is_some() => {
                self.fault("proxy", "[proxy] has a user or password and no url; name the proxy, or leave the section out");
            }
            None => {}
        }
    }

    fn readable(&mut self, path: &str, what: &str, file: &Path) {
        if let Err(error) = std::fs::File::open(file) {
            self.fault(path, format!("{what} {} cannot be read: {error}", file.display()));
        }
    }

    fn site(&mut self) {
        if let Some(zone) = &self.parsed.value.site.time_zone
            && jiff::tz::TimeZone::get(zone).is_err()
        {
            let message = format!("time_zone in [site]: unknown zone {zone:?}, expected an IANA name such as \"Europe/Amsterdam\"");
            self.fault("site.time_zone", message);
        }
    }

    fn addresses(&mut self) {
        let discovery = &self.parsed.value.discovery;
        let lists = [
            ("discovery.ranges", &discovery.ranges),
            ("discovery.exclude", &discovery.exclude),
            ("poll.allow", &self.parsed.value.poll.allow),
        ];
        for (path, words) in lists {
            for (place, word) in words.iter().enumerate() {
                if let Err(error) = Target::parse(word) {
                    self.fault(&format!("{path}.{place}"), error.to_string());
                }
            }
        }
        let (list, credentials) = (discovery.list.clone(), discovery.credentials.clone());
        if let Some(list) = list {
            match std::fs::read_to_string(&list) {
                Ok(text) => {
                    if let Err(errors) = parse_list(&text, &list.display().to_string()) {
                        self.fault("discovery.list", errors.to_string());
                    }
                }
                Err(error) => self.fault("discovery.list", format!("the list {} cannot be read: {error}", list.display())),
            }
        }
        if let Some(credentials) = credentials {
            self.readable("discovery.credentials", "the credentials file", &credentials);
        }
        self.credentials();
        if self.faults.is_empty() {
            self.overlaps();
            self.limits();
        }
    }

    /// A fault of the file of credentials stands in that file.
    fn credentials(&mut self) {
        let discovery = &self.parsed.value.discovery;
        if discovery.versions.is_empty() {
            self.fault("discovery.versions", "versions in [discovery] is empty, so nobody could be asked; name \"v3\", or leave it out");
        } else if discovery.versions.contains(&SnmpVersion::V1) != discovery.versions.contains(&SnmpVersion::V2c) {
            let message = "v1 and v2c are switched on and off together: both send the community in the clear; name both, or neither";
            self.fault("discovery.versions", message);
        }
        if let Err(why) = cryptography::permits_communities()
            && !discovery.communities.is_empty()
        {
            self.fault("discovery.communities", why);
        }
        self.faults.extend(faults(discovery));
        for (path, message) in advice(discovery) {
            self.advise(path, message);
        }
    }

    /// Tells ranges that say something twice.
    fn overlaps(&mut self) {
        let ranges = &self.parsed.value.discovery.ranges;
        let spans: Vec<Vec<(u32, u32)>> = ranges.iter().map(|word| spans(word)).collect();
        for place in 1..ranges.len() {
            let earlier = (0..place).find(|earlier| overlap(&spans[*earlier], &spans[place]));
            if let Some(earlier) = earlier {
                let message = format!("{} overlaps {}; each address is asked once all the same", ranges[place], ranges[earlier]);
                self.advise(&format!("discovery.ranges.{place}"), message);
            }
        }
    }

    /// Tells ranges that may not be asked.
    fn limits(&mut self) {
        let config = &self.parsed.value;
        if config.poll.allow.is_empty() {
            return;
        }
        let allowed: Vec<(u32, u32)> = config.poll.allow.iter().flat_map(|word| spans(word)).collect();
        for (place, word) in config.discovery.ranges.iter().enumerate() {
            let path = format!("discovery.ranges.{place}");
            let wanted = spans(word);
            if wanted.is_empty() {
                continue;
            }
            if !overlap(&allowed, &wanted) {
                self.fault(&path, format!("{word} lies outside allow in [poll], so nothing in it may be asked; allow it or take it out"));
            } else if !wanted.iter().all(|span| is_covered(*span, &allowed)) {
                self.advise(&path, format!("a part of {word} lies outside allow in [poll] and is not asked"));
            }
        }
    }

    fn rhythms(&mut self) {
        let config = &self.parsed.value;
        let ten_seconds = |path: &str, what: &str, span: settings::Span, found: &mut Self| {
            if span.seconds() < 10 {
                found.fault(path, format!("{what}: {span} is too often; expected 10 seconds or more"));
            }
        };
        ten_seconds("discovery.every", "every in [discovery]", config.discovery.every, self);
        ten_seconds("reading.every", "every in [reading]", config.reading.every, self);
        if let Some(every) = config.report.every {
            ten_seconds("report.every", "every in [report]", every, self);
            if self.parsed.is_set("report.at") || self.parsed.is_set("report.spread") {
                self.fault("report.every", "[report] has both `every` and `at` or `spread`; keep the one that is meant");
            }
        }
        if !config.poll.protocols.contains(&Protocol::Snmp) {
            self.fault("poll.protocols", "protocols in [poll] must name \"snmp\": the others are asked what it leaves open");
        }
        if config.report.spread.seconds() > 24 * 60 * 60 {
            self.fault("report.spread", format!("spread in [report]: {} is longer than a day", config.report.spread));
        }
    }

    /// A fault of a vendor file stands in that file, and one of the folder in the configuration.
    fn profiles(&mut self) {
        let Some(folder) = &self.parsed.value.reading.profiles else { return };
        let Err(faults) = profiles::catalog(Some(folder)) else { return };
        let shown = folder.display().to_string();
        for fault in faults.0 {
            if fault.file == shown {
                self.fault("reading.profiles", format!("profiles in [reading]: {fault}"));
            } else {
                self.faults.push(fault);
            }
        }
    }

    fn privacy(&mut self) {
        let kept = &self.parsed.value.privacy;
        for (place, group) in kept.withhold.iter().enumerate() {
            let path = format!("privacy.withhold.{place}");
            if !group.can_be_withheld() {
                self.fault(&path, format!("{:?} cannot be withheld: {}", group.word(), group.purpose()));
            } else if kept.send.contains(group) {
                self.fault(&path, format!("{:?} is both withheld and sent; keep one", group.word()));
            }
        }
    }

    fn page(&mut self) {
        let page = &self.parsed.value.page;
        for (place, word) in page.allow.iter().enumerate() {
            if !matches!(Target::parse(word), Ok(target) if !matches!(target, Target::Name(_))) {
                self.fault(&format!("page.allow.{place}"), format!("{word:?} is no address or network"));
            }
        }
        if !page.listen.is_loopback() && page.allow.is_empty() {
            let message = format!(
                "listen in [page]: {} can be called by others, and nobody says by whom; name them in allow, or listen on 127.0.0.1",
                page.listen
            );
            self.fault("page.listen", message);
        }
    }

    fn traps(&mut self) {
        let Some(listen) = self.parsed.value.traps.listen else { return };
        if listen.port() == 0 {
            self.fault("traps.listen", "listen in [traps]: printers have to be told a port; expected one such as 162");
        } else if listen.is_loopback() {
            self.advise(
                "traps.listen",
                format!("listen in [traps]: {listen} hears this host alone; printers send to an address of its network"),
            );
        }
    }
}

/// Returns the IPv4 addresses that a word stands for, as first and last of each run; none for a name.
fn spans(word: &str) -> Vec<(u32, u32)> {
    match Target::parse(word) {
        Ok(Target::Name(_)) | Err(_) => Vec::new(),
        Ok(target) => Targets::builder().include(target).build().map_or_else(|_| Vec::new(), |targets| targets.v4_ranges().to_vec()),
    }
}

fn overlap(one: &[(u32, u32)], other: &[(u32, u32)]) -> bool {
    one.iter().any(|(first, last)| other.iter().any(|(from, to)| first <= to && from <= last))
}

/// Returns whether every address of a run lies in one of several others.
fn is_covered((first, last): (u32, u32), by: &[(u32, u32)]) -> bool {
    let mut sorted = by.to_vec();
    sorted.sort_unstable();
    let mut next = u64::from(first);
    for (from, to) in sorted {
        if u64::from(from) <= next && u64::from(to) >= next {
            next = u64::from(to) + 1;
        }
    }
    next > u64::from(last)
}

/// Makes targets of words; host names are looked up, and every address of theirs is meant.
///
/// # Errors
/// Tells each word that does not read, or names nobody.
pub fn targets(words: &[String]) -> Result<Targets, Vec<Wrong>> {
    let mut builder = Targets::builder();
    let mut wrong = Vec::new();
    for (place, word) in words.iter().enumerate() {
        match Target::parse(word) {
            Ok(Target::Name(name)) => match addresses_of(&name) {
                Ok(addresses) => {
                    builder = addresses.into_iter().fold(builder, |builder, address| builder.include(Target::Address(address)))
                }
                Err(error) => wrong.push((place, format!("{name} is not found: {error}"))),
            },
            Ok(target) => builder = builder.include(target),
            Err(error) => wrong.push((place, error.to_string())),
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    builder.build().map_err(|error| vec![(0, error.to_string())])
}

/// Looks a host name up.
///
/// # Errors
/// Fails as the system does.
pub(crate) fn addresses_of(name: &str) -> std::io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<String>, Vec<String>) {
        let parsed = settings::parse::<Config>(text, "agent.toml").unwrap();
        let (faults, advice) = check(&parsed);
        (faults.iter().map(Fault::to_string).collect(), advice.iter().map(Fault::to_string).collect())
    }

    fn fault(text: &str) -> String {
        let (faults, _) = told(text);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.into_iter().next().unwrap()
    }

    #[test]
    fn a_plain_configuration_is_fine() {
        let text = "[server]\naddress = 'reports.example.com:443'\n[discovery]\nranges = ['10.0.0.0/24']\n[site]\ntime_zone = 'Europe/Amsterdam'\n";
        assert_eq!(told(text), (vec![], vec![]));
        assert_eq!(told(""), (vec![], vec![]));
    }

    #[test]
    fn overlapping_ranges_are_told() {
        let (faults, advice) = told("[discovery]\nranges = [\n'10.0.0.0/24',\n'10.0.1.0/24',\n'10.0.0.5-10.0.0.9',\n]\n");
        assert!(faults.is_empty());
        assert_eq!(advice, ["agent.toml:5: 10.0.0.5-10.0.0.9 overlaps 10.0.0.0/24; each address is asked once all the same"]);
    }

    #[test]
    fn ranges_that_may_not_be_asked_are_told() {
        let allow = "[poll]\nallow = ['10.0.0.0/24', '10.0.1.0/24']\n[discovery]\nranges = ";
        assert!(fault(&format!("{allow}['192.168.0.0/24']\n")).contains("lies outside allow in [poll]"));
        let (faults, advice) = told(&format!("{allow}['10.0.0.0/22']\n"));
        assert!(faults.is_empty() && advice[0].contains("a part of 10.0.0.0/22"), "{faults:?} {advice:?}");
        assert_eq!(told(&format!("{allow}['10.0.0.0/23']\n")), (vec![], vec![]));
    }

    #[test]
    fn a_port_for_traps_that_no_printer_reaches_is_told() {
        let (faults, advice) = told("[traps]\nlisten = '127.0.0.1:162'\n");
        assert!(faults.is_empty() && advice[0].contains("hears this host alone"), "{faults:?} {advice:?}");
        assert_eq!(told("[traps]\nlisten = '0.0.0.0:162'\n"), (vec![], vec![]));
    }

    #[cfg(feature = "fips")]
    #[test]
    fn fips_refuses_communities_and_legacy_users_by_name_and_says_what_to_do() {
        let folder = crate::testing::Folder::new();
        let file = folder.path().join("credentials.toml");
        let user = "[[credentials.users]]\nname = 'old'\nauthentication = 'MD5'\nauthentication_password = 'correct horse'\n";
        std::fs::write(&file, format!("[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['hidden']\n{user}")).unwrap();
        let (faults, _) = told(&format!("[discovery]\ncredentials = '{}'\ncommunities = ['hidden']\n", file.display()));
        let all = faults.join("\n");
        assert!(all.contains("agent.toml:3: a community") && all.contains("credentials.toml:3: a community"), "{all}");
        assert!(all.contains("user \"old\": MD5") && all.matches("SHA-256").count() >= 3 && !all.contains("hidden"), "{all}");
    }

    #[cfg(not(feature = "fips"))] // Communities are refused there.
    #[test]
    fn what_of_the_credentials_is_idle_weak_or_open_to_all_is_told() {
        let folder = crate::testing::Folder::new();
        let file = folder.path().join("credentials.toml");
        let user = "[[credentials.users]]\nname = 'old'\nauthentication = 'MD5'\nauthentication_password = 'correct horse'\n";
        std::fs::write(&file, format!("[[credentials]]\ntargets = ['10.0.0.0/8']\ncommunities = ['hidden']\n{user}")).unwrap();
        let text = format!("[discovery]\ncredentials = '{}'\nversions = ['v3']\ncommunities = ['hidden']\n", file.display());
        let (faults, advice) = told(&text);
        assert!(faults.is_empty(), "{faults:?}");
        let all = advice.join("\n");
        assert!(!all.contains("hidden"), "{all}");
        assert!(all.contains("agent.toml:4: 1 communities lie idle") && all.contains("credentials.toml: 1 communities lie idle"), "{all}");
        assert!(all.contains("user old (MD5, no privacy) relies on MD5"), "{all}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert!(all.contains("everybody on this computer can read"), "{all}");
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
            assert!(!told(&text).1.join("\n").contains("everybody"));
        }
        assert!(fault("[discovery]\nversions = ['v2c', 'v3']\n").contains("name both, or neither"));
        assert!(fault("[discovery]\nversions = []\n").contains("nobody could be asked"));
    }

    #[test]
    fn each_mistake_says_where_it_is_and_what_to_do() {
        assert!(fault("[site]\ntime_zone = 'Europe/Amsterdm'\n").starts_with("agent.toml:2: time_zone in [site]: unknown zone"));
        assert!(fault("[server]\ntrust = '/nowhere/ca.pem'\n").starts_with("agent.toml:2: the trust file /nowhere/ca.pem cannot be read"));
        assert!(fault("[server]\naddress = 'https://reports.example.com'\n").starts_with("agent.toml:2: address in [server]: "));
        assert!(fault("[report]\nevery = '1h'\nat = '03:00'\n").contains("keep the one that is meant"));
        assert!(fault("[reading]\nevery = '1s'\n").contains("too often"));
        assert!(fault("[poll]\nprotocols = ['ipp']\n").starts_with("agent.toml:2: protocols in [poll] must name \"snmp\""));
        assert!(fault("[page]\nlisten = '0.0.0.0:8444'\n").contains("nobody says by whom"));
        assert!(fault("[traps]\nlisten = '0.0.0.0:0'\n").contains("expected one such as 162"));
        assert!(fault("[privacy]\nwithhold = ['identity']\n").contains("cannot be withheld"));
        assert!(fault("[proxy]\nurl = 'proxy:3128'\n").contains("a proxy begins with"));
        assert!(fault("[proxy]\nurl = 'http://me:secret@proxy:3128'\n").contains("kept secret"));
        assert!(fault("[proxy]\nuser = 'me'\n").contains("no url"));
        assert!(fault("[discovery]\nranges = ['10.0.0.300']\n").starts_with("agent.toml:2: "));
        assert!(fault("[reading]\nprofiles = '/nowhere'\n").starts_with("agent.toml:2: profiles in [reading]: /nowhere: the folder"));
    }

    #[test]
    fn a_faulty_vendor_file_of_the_site_is_told_with_its_own_line() {
        let folder = crate::testing::Folder::new();
        std::fs::write(folder.path().join("acme.toml"), "[profile]\ninherits = \"printer-mib\"\nsuorce = \"x\"\n").unwrap();
        let (faults, _) = told(&format!("[reading]\nprofiles = '{}'\n", folder.path().display()));
        let place = folder.path().join("acme.toml").display().to_string();
        assert!(faults[1].starts_with(&format!("{place}:3: unknown key \"suorce\"")), "{faults:?}");
    }
}
