//! The agent under macOS' launchd, as a role account of its own.

use std::fmt::Write;

use super::host::Host;
use super::plan::{Plan, Step, run};
use super::{Service, ServiceError, ServiceManager, Status, is_rooted, plain};

const LABEL: &str = "roundsman-agent";
const TARGET: &str = "system/roundsman-agent";
const PLIST: &str = "/Library/LaunchDaemons/roundsman-agent.plist";
const STATE: &str = "/Library/Application Support/roundsman-agent";
/// Role accounts begin with an underscore and have numbers from 200 to 400.
const USER: &str = "_roundsman";
const USER_NUMBER: &str = "387";

/// Keeps the agent as a daemon of launchd.
#[derive(Clone, Copy, Debug, Default)]
pub struct Launchd;

impl ServiceManager for Launchd {
    fn install(&self, service: &Service, host: &dyn Host) -> Result<Plan, ServiceError> {
        let plist = plist(service)?;
        let mut steps = Vec::new();
        if !run(&["id", USER].map(str::to_owned), host)?.succeeded {
            let account =
                ["-fullName", "roundsman agent", "-roleAccount", "-UID", USER_NUMBER, "-home", "/var/empty", "-shell", "/usr/bin/false"];
            steps.push(Step::run(&[&["sysadminctl", "-addUser", USER][..], &account[..]].concat()));
        }
        steps.extend([
            Step::run(&["install", "-d", "-m", "0700", "-o", USER, STATE]),
            Step::Write { path: PLIST.into(), text: plist },
            // A daemon that is loaded already would keep its old file.
            Step::try_to(&["launchctl", "bootout", TARGET]),
            Step::run(&["launchctl", "enable", TARGET]),
            Step::run(&["launchctl", "bootstrap", "system", PLIST]),
        ]);
        let afterwards = format!(
            "the agent runs now and after every start of this host; data and log are in {STATE}, the configuration is {}\n\
             it runs as the user {USER}, which must be able to read the configuration",
            service.configuration.display()
        );
        Ok(Plan { steps, afterwards, advice: format!("type `sudo {} service install`", service.program.display()) })
    }

    fn uninstall(&self, _: &dyn Host) -> Result<Plan, ServiceError> {
        let steps = vec![Step::try_to(&["launchctl", "bootout", TARGET]), Step::Remove { path: PLIST.into() }];
        let afterwards = format!(
            "data and ledger stay in {STATE}, owned by the user {USER}, and the configuration stays where it is\n\
             to remove the data as well: `sudo rm -r '{STATE}' && sudo sysadminctl -deleteUser {USER}`"
        );
        Ok(Plan { steps, afterwards, advice: "type `sudo roundsman-agent service uninstall`".to_owned() })
    }

    fn status(&self, host: &dyn Host) -> Result<Status, ServiceError> {
        let is_installed =
            host.read(PLIST.as_ref()).map_err(|source| ServiceError::File { action: "read", path: PLIST.into(), source })?.is_some();
        let ran = run(&["launchctl", "print", TARGET].map(str::to_owned), host)?;
        // Printed with a tab and other things around: `state = running`.
        let state = ran.said.lines().find_map(|line| line.trim().strip_prefix("state = ")).unwrap_or("not loaded");
        Ok(Status { is_installed, is_enabled: ran.succeeded, is_running: state == "running", said: state.to_owned() })
    }
}

/// Returns the text of the property list.
fn plist(service: &Service) -> Result<String, ServiceError> {
    let program = plain(&service.program, is_rooted)?;
    let configuration = plain(&service.configuration, is_rooted)?;
    if service.program.starts_with("/Users") {
        return Err(ServiceError::InHome { path: service.program.clone(), advice: "/usr/local/bin" });
    }
    let mut arguments = String::new();
    for argument in [program, "run", "--config", configuration] {
        let _ = writeln!(arguments, "        <string>{}</string>", escaped(argument));
    }
    Ok(TEMPLATE.replace("{label}", LABEL).replace("{user}", USER).replace("{state}", STATE).replace("{arguments}", arguments.trim_end()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

const TEMPLATE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Written by `roundsman-agent service install`, and again by every install. -->
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>{label}</string>
    <key>ProgramArguments</key>
    <array>
{arguments}
    </array>
    <key>UserName</key>
    <string>{user}</string>
    <key>WorkingDirectory</key>
    <string>{state}</string>
    <key>StandardErrorPath</key>
    <string>{state}/agent.log</string>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ThrottleInterval</key>
    <integer>10</integer>
    <key>ExitTimeOut</key>
    <integer>30</integer>
    <key>ProcessType</key>
    <string>Background</string>
    <key>Umask</key>
    <integer>63</integer>
</dict>
</plist>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::{FakeHost, service};

    #[test]
    fn the_property_list_is_the_reviewed_one() {
        assert_eq!(plist(&service()).unwrap(), include_str!("golden/roundsman-agent.plist"));
    }

    #[test]
    fn odd_paths_are_escaped() {
        let text = plist(&Service { program: "/opt/a & <b>/agent".into(), configuration: "/etc/agent.toml".into(), needs_low_port: false })
            .unwrap();
        assert!(text.contains("<string>/opt/a &amp; &lt;b&gt;/agent</string>"), "{text}");
    }

    #[test]
    fn the_account_is_made_once() {
        let host = FakeHost::new(true);
        host.fails_with("id", "no such user");
        let makes_account = |plan: &Plan| plan.steps.iter().any(|step| format!("{step:?}").contains("-addUser"));
        assert!(makes_account(&Launchd.install(&service(), &host).unwrap()));
        let host = FakeHost::new(true);
        assert!(!makes_account(&Launchd.install(&service(), &host).unwrap()));
    }

    #[test]
    fn uninstalling_keeps_the_data_and_says_where() {
        let host = FakeHost::new(true);
        Launchd.install(&service(), &host).unwrap().carry_out(&host).unwrap();
        let said = Launchd.uninstall(&host).unwrap().carry_out(&host).unwrap();
        assert!(host.files.borrow().is_empty() && said.contains("data and ledger stay in /Library/Application Support"), "{said}");
    }

    #[test]
    fn the_status_is_read_from_what_launchctl_prints() {
        let host = FakeHost::new(true);
        Launchd.install(&service(), &host).unwrap().carry_out(&host).unwrap();
        host.says("system/roundsman-agent = {\n\tactive count = 1\n\tstate = running\n}");
        let status = Launchd.status(&host).unwrap();
        assert!(status.is_installed && status.is_enabled && status.is_running);
        host.fails_with("print", "Could not find service");
        assert_eq!(Launchd.status(&host).unwrap().said, "not loaded");
    }
}
