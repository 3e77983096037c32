//! The agent under systemd: a user of its own, and no more rights than reading printers takes.

use super::host::Host;
use super::plan::{Plan, Step, run};
use super::{Service, ServiceError, ServiceManager, Status, is_rooted, plain};

const UNIT: &str = "/etc/systemd/system/roundsman-agent.service";
const USER: &str = "/etc/sysusers.d/roundsman-agent.conf";
const STATE: &str = "/var/lib/roundsman-agent";

/// Makes the user; systemd-sysusers does so once, and picks a number that is free.
const SYSUSERS: &str = "\
# Written by `roundsman-agent service install`.
u roundsman-agent - \"roundsman agent\" /var/lib/roundsman-agent
";

/// Keeps the agent as a unit of systemd.
#[derive(Clone, Copy, Debug, Default)]
pub struct Systemd;

impl ServiceManager for Systemd {
    fn install(&self, service: &Service, _: &dyn Host) -> Result<Plan, ServiceError> {
        let unit = unit(service)?;
        let advice = format!("type `sudo {} service install`", service.program.display());
        let steps = vec![
            Step::Write { path: USER.into(), text: SYSUSERS.to_owned() },
            Step::run(&["systemd-sysusers", USER]),
            Step::Write { path: UNIT.into(), text: unit },
            Step::run(&["systemctl", "daemon-reload"]),
            Step::run(&["systemctl", "enable", "roundsman-agent.service"]),
            // Not `start`: a changed unit or a new program is to take effect.
            Step::run(&["systemctl", "restart", "roundsman-agent.service"]),
        ];
        let afterwards = format!(
            "the agent runs now and after every start of this host; data are in {STATE}, the configuration is {}\n\
             it runs as the user roundsman-agent, which must be able to read the configuration\n\
             what it says: `journalctl -u roundsman-agent`",
            service.configuration.display()
        );
        Ok(Plan { steps, afterwards, advice })
    }

    fn uninstall(&self, _: &dyn Host) -> Result<Plan, ServiceError> {
        let steps = vec![
            // Fails if there is no such unit, which is what is wanted.
            Step::try_to(&["systemctl", "disable", "--now", "roundsman-agent.service"]),
            Step::Remove { path: UNIT.into() },
            Step::Remove { path: USER.into() },
            Step::run(&["systemctl", "daemon-reload"]),
        ];
        let afterwards = format!(
            "data and ledger stay in {STATE}, owned by the user roundsman-agent, and the configuration stays where it is\n\
             to remove the data as well: `sudo rm -r {STATE} && sudo userdel roundsman-agent`"
        );
        Ok(Plan { steps, afterwards, advice: "type `sudo roundsman-agent service uninstall`".to_owned() })
    }

    fn status(&self, host: &dyn Host) -> Result<Status, ServiceError> {
        let properties = "--property=LoadState,ActiveState,SubState,UnitFileState,NRestarts,StatusText";
        let command = ["systemctl", "show", properties, "roundsman-agent.service"].map(str::to_owned);
        let said = run(&command, host)?.said;
        let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap_or("");
        let text = value("StatusText");
        let words = format!("{} ({}), restarted {} times", value("ActiveState"), value("SubState"), value("NRestarts"));
        Ok(Status {
            is_installed: value("LoadState") == "loaded",
            is_enabled: value("UnitFileState") == "enabled",
            is_running: value("ActiveState") == "active",
            said: if text.is_empty() { words } else { format!("{words}: {text}") },
        })
    }
}

/// Returns the text of the unit.
fn unit(service: &Service) -> Result<String, ServiceError> {
    let program = plain(&service.program, is_rooted)?;
    let configuration = plain(&service.configuration, is_rooted)?;
    // ProtectHome hides these, so the service would fail to start with a message nobody understands.
    for path in [&service.program, &service.configuration] {
        if ["/home", "/root", "/run/user"].iter().any(|home| path.starts_with(home)) {
            return Err(ServiceError::InHome { path: path.clone(), advice: "/usr/local/bin, its configuration to /etc/roundsman-agent," });
        }
    }
    let rights = if service.needs_low_port { LOW_PORT } else { NO_RIGHTS };
    let text = TEMPLATE.replace("{rights}", rights);
    Ok(text.replace("{program}", &quoted(program, true)).replace("{configuration}", &quoted(configuration, false)))
}

/// Quotes a word of a command as systemd reads it: specifiers, variables and escapes are meant literally.
fn quoted(word: &str, is_program: bool) -> String {
    let mut out = String::from("\"");
    for c in word.chars() {
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            '%' => out.push_str("%%"),
            // In the program's own path variables are not looked for.
            '$' if !is_program => out.push_str("$$"),
            c => out.push(c),
        }
    }
    out.push('"');
    let is_plain = out[1..out.len() - 1] == *word && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if is_plain { word.to_owned() } else { out }
}

const NO_RIGHTS: &str = "\
CapabilityBoundingSet=
AmbientCapabilities=
PrivateUsers=yes
";

/// A service with users of its own has no rights to the host's ports.
const LOW_PORT: &str = "\
# Traps come to a port below 1024, as [traps] listen in the configuration says.
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
PrivateUsers=no
";

const TEMPLATE: &str = "\
# Written by `roundsman-agent service install`, and again by every install.
# Changes of your own belong into a drop-in: `systemctl edit roundsman-agent`.

[Unit]
Description=roundsman agent: reads the printers of this site and reports them
Wants=network-online.target
After=network-online.target time-sync.target
# An agent that gives up is the loss that nobody notices: it is started again for ever.
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} run --config {configuration}
User=roundsman-agent
Group=roundsman-agent
StateDirectory=roundsman-agent
StateDirectoryMode=0700
UMask=0077
Restart=on-failure
RestartSec=15s
TimeoutStartSec=2min
TimeoutStopSec=30s
WatchdogSec=2min

# Passwords need not stand in the configuration. A drop-in with
#   LoadCredential=proxy-password:/etc/roundsman-agent/proxy-password
# gives the agent, and nobody else, the file
#   /run/credentials/roundsman-agent.service/proxy-password

# It needs some 16 MiB for 2,000 printers.
MemoryHigh=64M
MemoryMax=128M
TasksMax=64

# It reads printers over the network, keeps its data, and does nothing else.
{rights}NoNewPrivileges=yes
PrivateTmp=yes
PrivateMounts=yes
PrivateDevices=yes
DevicePolicy=closed
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
KeyringMode=private
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::{FakeHost, service};

    #[test]
    fn the_unit_is_the_reviewed_one() {
        assert_eq!(unit(&service()).unwrap(), include_str!("golden/roundsman-agent.service"));
    }

    #[test]
    fn the_right_to_a_low_port_is_given_only_where_it_is_needed() {
        let text = unit(&Service { needs_low_port: true, ..service() }).unwrap();
        assert!(text.contains("\nAmbientCapabilities=CAP_NET_BIND_SERVICE\nPrivateUsers=no\nNoNewPrivileges=yes\n"), "{text}");
        assert!(!unit(&service()).unwrap().contains("CAP_"));
    }

    #[test]
    fn odd_paths_are_quoted_and_impossible_ones_refused() {
        let with = |program: &str, configuration: &str| {
            unit(&Service { program: program.into(), configuration: configuration.into(), needs_low_port: false })
        };
        let text = with("/opt/our 100%/agent", "/etc/a $HOME \"b\".toml").unwrap();
        assert!(text.contains("ExecStart=\"/opt/our 100%%/agent\" run --config \"/etc/a $$HOME \\\"b\\\".toml\"\n"), "{text}");
        let refused = |program: &str| with(program, "/etc/agent.toml").unwrap_err().to_string();
        assert_eq!(refused("agent"), "agent: expected an absolute path to a program and its configuration");
        assert!(refused("/opt/a\nExecStartPre=/bin/sh").contains("characters that a service file cannot hold"));
        assert!(refused("/home/ada/roundsman-agent").contains("cannot run from a home folder; copy the program to /usr/local/bin"));
    }

    #[test]
    fn installing_twice_changes_nothing_the_second_time() {
        let host = FakeHost::new(true);
        let plan = Systemd.install(&service(), &host).unwrap();
        let first = plan.carry_out(&host).unwrap();
        assert!(first.contains(&format!("wrote {UNIT}")) && first.contains("ran `systemctl enable roundsman-agent.service`"), "{first}");
        let second = plan.carry_out(&host).unwrap();
        assert!(second.contains(&format!("unchanged {UNIT}")) && !second.contains("wrote"), "{second}");
    }

    #[test]
    fn without_rights_nothing_is_done_and_the_command_is_told() {
        let host = FakeHost::new(false);
        let error = Systemd.install(&service(), &host).unwrap().carry_out(&host).unwrap_err();
        let expected = "this needs administrator rights; type `sudo /usr/local/bin/roundsman-agent service install`";
        assert_eq!(error.to_string(), expected);
        assert!(host.ran.borrow().is_empty() && host.files.borrow().is_empty());
    }

    #[test]
    fn a_dry_run_shows_every_file_and_command_and_does_nothing() {
        let host = FakeHost::new(false);
        let said = Systemd.install(&service(), &host).unwrap().describe();
        assert!(said.contains(&format!("would write {UNIT}:\n    # Written by")), "{said}");
        assert!(said.contains("    SystemCallFilter=@system-service\n") && said.contains("would run `systemctl daemon-reload`"), "{said}");
        assert!(host.ran.borrow().is_empty() && host.files.borrow().is_empty());
    }

    #[test]
    fn uninstalling_keeps_the_data_and_says_where() {
        let host = FakeHost::new(true);
        Systemd.install(&service(), &host).unwrap().carry_out(&host).unwrap();
        host.fails_with("disable", "Unit file does not exist.");
        let plan = Systemd.uninstall(&host).unwrap();
        let said = plan.carry_out(&host).unwrap();
        assert!(host.files.borrow().is_empty());
        assert!(said.contains("data and ledger stay in /var/lib/roundsman-agent"), "{said}");
        assert!(!plan.steps.iter().any(|step| format!("{step:?}").contains(STATE)));
        assert!(plan.carry_out(&host).unwrap().contains(&format!("not there {UNIT}")));
    }

    #[test]
    fn a_command_that_fails_is_told_with_what_it_said() {
        let host = FakeHost::new(true);
        host.fails_with("restart", "Job failed.\nSee journalctl.\n\n");
        let error = Systemd.install(&service(), &host).unwrap().carry_out(&host).unwrap_err();
        assert_eq!(error.to_string(), "`systemctl restart roundsman-agent.service` failed: See journalctl.");
    }

    #[test]
    fn the_status_is_read_from_properties() {
        let host = FakeHost::new(false);
        host.says(
            "NRestarts=2\nStatusText=next report at 02:13\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled",
        );
        let status = Systemd.status(&host).unwrap();
        let said = "active (running), restarted 2 times: next report at 02:13".to_owned();
        assert_eq!(status, Status { is_installed: true, is_enabled: true, is_running: true, said });
        host.says("NRestarts=0\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=");
        let status = Systemd.status(&host).unwrap();
        assert!(!status.is_installed && !status.is_enabled && !status.is_running);
    }
}
