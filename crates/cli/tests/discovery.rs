//! `roundsman scan` without a target, on a network that the test makes: two network namespaces
//! with a wire between them, we at one end and an agent written by others at the other.
//!
//! Each way to be found is the only one by which the printer of its test can be found.
//! An administrator is not needed: whoever runs the test is one inside a namespace of users.

mod common;

use std::process::Command;

use common::{Folder, Ran, peer, run, tool};

/// Lays the wire, starts the other end, waits until it is ready, and runs `roundsman scan`.
///
/// The interfaces have no address but those given, so that IPv6 cannot help IPv4 or the reverse.
const HERE: &str = r#"
    set -e
    cd "$FOLDER"
    "$IP" link set lo up
    unshare --net --mount sh -c "$THERE" >there.log 2>&1 &
    trap 'kill $(cat pid pids 2>/dev/null) 2>/dev/null' EXIT
    tries=0
    until_ready() { until "$@" >/dev/null 2>&1; do tries=$((tries + 1)); test $tries -lt 200 || { cat there.log >&2; exit 99; }; sleep 0.05; done; }
    until_ready test -s pid
    "$IP" link add here type veth peer name there netns "$(cat pid)"
    "$IP" link set here addrgenmode none
    "$IP" address add $HERE_ADDRESS dev here
    "$IP" link set here up
    until_ready "$SNMPGET" -v 2c -c public -t 0.2 -r 0 "$ASK" .1.3.6.1.2.1.1.1.0
    # The kernel says a moment later than it lets packets through that a link is up.
    until_ready sh -c '"$IP" link show here | grep -q "state UP"'
    if test -n "$SERVICES"; then until_ready grep -q 'successfully established' there.log; fi
    code=0
    "$ROUNDSMAN" scan --format ndjson || code=$?
    exit $code
"#;

/// Is the other end: its address, its announcer where it has one, its agent.
const THERE: &str = r#"
    set -e
    # The name is whole only when it is written: a renamed file is never half there.
    echo $$ >pid.new && mv pid.new pid
    until "$IP" link show there >/dev/null 2>&1; do sleep 0.02; done
    "$IP" link set lo up
    "$IP" link set there addrgenmode none
    "$IP" address add $THERE_ADDRESS dev there
    "$IP" link set there up
    if test -n "$SERVICES"; then
        # The announcer insists on a user and on folders of its own: inside this namespace it has them.
        mount -t tmpfs none /run
        mount --bind passwd /etc/passwd
        mount --bind group /etc/group
        mount --bind "$SERVICES" /etc/avahi/services
        "$AVAHI" -f avahi.conf --no-drop-root --no-chroot --no-rlimits & echo $! >>pids
    fi
    if test -n "$RELAY"; then "$PYTHON" -c "$RELAY" & echo $! >>pids; fi
    exec "$SNMPD" -f -Ln -C -c snmpd.conf -p snmpd.pid
"#;

/// Hears everything and passes it on to the agent on loopback. net-snmp's agent hears a broadcast
/// itself, but tries to answer from the broadcast's address, which the system refuses.
const RELAY: &str = r#"
import socket
heard, agent = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
heard.bind(("", 161))
agent.settimeout(0.5)
while True:
    request, who = heard.recvfrom(65535)
    agent.sendto(request, ("127.0.0.1", 1161))
    try:
        heard.sendto(agent.recv(65535), who)
    except OSError:
        pass
"#;

/// Is what the two ends are.
struct Wire {
    /// Our address and the other's, with how large the network is.
    here: &'static str,
    there: &'static str,
    /// Where the other's agent listens, and how net-snmp's own tool reaches it.
    listens: &'static str,
    ask: &'static str,
    /// Whether the other announces itself by DNS-SD.
    announces: bool,
}

/// Is where an agent listens that is reached through the relay.
const BEHIND_RELAY: &str = "udp:127.0.0.1:1161";

impl Wire {
    fn scan(&self) -> Ran {
        let folder = Folder::new();
        folder.write(
            "snmpd.conf",
            &format!(
                "agentaddress {}\nrocommunity public\nrocommunity6 public\nsysName printer-7\n\
                 override .1.3.6.1.2.1.43.5.1.1.1.1 integer 7\noverride .1.3.6.1.2.1.43.10.2.1.4.1.1 counter 7432\n",
                self.listens
            ),
        );
        folder.write("avahi.conf", "[server]\nhost-name=printer-7\nuse-ipv6=no\nenable-dbus=no\nallow-interfaces=there\n");
        folder.write("passwd", "avahi:x:0:0::/:/bin/sh\n");
        folder.write("group", "avahi:x:0:\n");
        std::fs::create_dir(folder.join("services")).expect("the folder is new");
        folder.write(
            "services/printer.service",
            "<?xml version=\"1.0\"?>\n<service-group><name>Printer Seven</name><service><type>_ipp._tcp</type><port>631</port></service></service-group>\n",
        );
        let services = if self.announces { folder.join("services").display().to_string() } else { String::new() };
        let mut command = Command::new(tool("unshare"));
        command.args(["--map-root-user", "--net", "--kill-child", "sh", "-c", HERE]);
        command.env("RELAY", if self.listens == BEHIND_RELAY { RELAY } else { "" }).env("PYTHON", tool("python3"));
        command.env("FOLDER", folder.path()).env("SERVICES", services).env("THERE", THERE).env("MIBS", "");
        command.env("HERE_ADDRESS", self.here).env("THERE_ADDRESS", self.there).env("ASK", self.ask);
        command.env("ROUNDSMAN", env!("CARGO_BIN_EXE_roundsman")).env("SNMPD", peer("ROUNDSMAN_SNMPD", "snmpd"));
        command.env("IP", tool("ip")).env("SNMPGET", tool("snmpget")).env("AVAHI", tool("avahi-daemon")).env_remove("ROUNDSMAN_COMMUNITY");
        run(command.env("SNMP_PERSISTENT_DIR", folder.path()))
    }

    /// Scans, and fails the test unless exactly the printer at the other end is found.
    fn finds(&self, address: &str) -> Ran {
        let scanned = self.scan().expect(0);
        let records = scanned.records();
        assert_eq!(records.len(), 1, "{scanned:#?}");
        assert_eq!(records[0]["identity"]["system_name"], "printer-7");
        assert_eq!(records[0]["meters"][0]["value"], 7432);
        let told = records[0]["address"].as_str().expect("an address is told");
        assert_eq!(told.split('%').next(), Some(address), "{told}");
        scanned
    }
}

#[test]
fn a_printer_on_the_local_network_is_found_by_sweeping_it() {
    let wire = Wire {
        here: "10.99.0.1/24",
        there: "10.99.0.7/24",
        // Bound to its own address, it does not hear a broadcast.
        listens: "udp:10.99.0.7:161",
        ask: "10.99.0.7",
        announces: false,
    };
    wire.finds("10.99.0.7").says(&["looking on here (10.99.0.1/24)"]);
}

#[test]
fn a_printer_on_a_network_too_large_to_sweep_is_found_by_broadcast() {
    let wire = Wire { here: "10.99.0.1/16 brd +", there: "10.99.7.2/16 brd +", listens: BEHIND_RELAY, ask: "10.99.7.2", announces: false };
    wire.finds("10.99.7.2").says(&["10.99.0.1/16 on here is large"]);
}

#[test]
fn a_printer_that_hears_no_broadcast_is_found_because_it_announces_itself() {
    let wire =
        Wire { here: "10.99.0.1/16 brd +", there: "10.99.7.2/16 brd +", listens: "udp:10.99.7.2:161", ask: "10.99.7.2", announces: true };
    wire.finds("10.99.7.2");
}

#[test]
fn a_printer_with_nothing_but_a_link_local_address_is_found_by_multicast() {
    let wire = Wire {
        here: "fe80::a/64 nodad",
        there: "fe80::b/64 nodad",
        listens: "udp6:[::]:161",
        ask: "udp6:[fe80::b%here]:161",
        announces: false,
    };
    wire.finds("fe80::b");
}

#[test]
fn nobody_is_found_where_nobody_is() {
    let wire = Wire {
        here: "10.99.0.1/16 brd +",
        there: "10.99.7.2/16 brd +",
        // It hears no broadcast, and announces nothing.
        listens: "udp:10.99.7.2:161",
        ask: "10.99.7.2",
        announces: false,
    };
    let scanned = wire.scan().expect(1).says(&["no printer answered"]);
    assert_eq!(scanned.out, "");
}
