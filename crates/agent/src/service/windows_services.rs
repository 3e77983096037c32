//! The agent as a Windows service, under a virtual account that exists for it alone.

use super::host::Host;
use super::plan::{Plan, Step, run};
use super::{Service, ServiceError, ServiceManager, Status, plain};

/// The name that the manager knows the service by.
pub(crate) const NAME: &str = "roundsman-agent";
const ACCOUNT: &str = "NT SERVICE\\roundsman-agent";
const STATE: &str = "C:\\ProgramData\\roundsman-agent";
/// By number, because their names are translated.
const ADMINISTRATORS: &str = "*S-1-5-32-544:(OI)(CI)F";
const SYSTEM: &str = "*S-1-5-18:(OI)(CI)F";

/// Keeps the agent as a service of Windows, with the host's own `sc.exe`.
#[derive(Clone, Copy, Debug, Default)]
pub struct WindowsServices;

impl ServiceManager for WindowsServices {
    fn install(&self, service: &Service, host: &dyn Host) -> Result<Plan, ServiceError> {
        let command = command_line(service)?;
        let verb = if self.status(host)?.is_installed { "config" } else { "create" };
        // The blank that belongs after each `=` is the one between the arguments.
        let steps = vec![
            Step::run(&[
                "sc.exe",
                verb,
                NAME,
                "binPath=",
                &command,
                "start=",
                "delayed-auto",
                "obj=",
                ACCOUNT,
                "DisplayName=",
                "roundsman agent",
            ]),
            Step::run(&["sc.exe", "description", NAME, "Reads the printers of this site and reports them."]),
            // Started again for ever, later each time; a day without failure begins anew.
            Step::run(&["sc.exe", "failure", NAME, "reset=", "86400", "actions=", "restart/10000/restart/60000/restart/300000"]),
            Step::run(&["sc.exe", "failureflag", NAME, "1"]),
            Step::run(&["sc.exe", "sidtype", NAME, "unrestricted"]),
            // Reading printers takes no privilege; this one everybody has.
            Step::run(&["sc.exe", "privs", NAME, "SeChangeNotifyPrivilege"]),
            Step::try_to(&["cmd.exe", "/c", "mkdir", STATE]),
            Step::run(&["icacls.exe", STATE, "/inheritance:r", "/grant:r", &format!("{ACCOUNT}:(OI)(CI)F"), ADMINISTRATORS, SYSTEM]),
            // Fails if it does not run, which is what is wanted before it is started.
            Step::try_to(&["net.exe", "stop", NAME]),
            Step::run(&["net.exe", "start", NAME]),
        ];
        let afterwards = format!(
            "the agent runs now and after every start of this host; data are in {STATE}, the configuration is {}\n\
             it runs as {ACCOUNT}, which must be able to read the configuration",
            service.configuration.display()
        );
        Ok(Plan { steps, afterwards, advice: advice("install") })
    }

    fn uninstall(&self, _: &dyn Host) -> Result<Plan, ServiceError> {
        let steps = vec![Step::try_to(&["net.exe", "stop", NAME]), Step::try_to(&["sc.exe", "delete", NAME])];
        let afterwards = format!(
            "data and ledger stay in {STATE}, and the configuration stays where it is\n\
             to remove the data as well: `rmdir /s {STATE}`"
        );
        Ok(Plan { steps, afterwards, advice: advice("uninstall") })
    }

    fn status(&self, host: &dyn Host) -> Result<Status, ServiceError> {
        let query = |verb: &str| run(&["sc.exe", verb, NAME].map(str::to_owned), host);
        let ran = query("query")?;
        // Numbers, because words are translated: `STATE : 4  RUNNING`, `START_TYPE : 2  AUTO_START`.
        let number = |said: &str, name: &str| {
            let line = said.lines().find_map(|line| line.trim().strip_prefix(name))?;
            line.trim_start_matches([' ', ':']).split_whitespace().next()?.parse::<u32>().ok()
        };
        let state = number(&ran.said, "STATE");
        let start = number(&query("qc")?.said, "START_TYPE");
        let said = match state {
            Some(4) => "running",
            Some(1) => "stopped",
            Some(_) => "changing its state",
            None => "not installed",
        };
        Ok(Status { is_installed: ran.succeeded, is_enabled: start == Some(2), is_running: state == Some(4), said: said.to_owned() })
    }
}

fn advice(verb: &str) -> String {
    format!("open a terminal with \"Run as administrator\" and type `roundsman-agent service {verb}`")
}

/// Returns the command that the manager starts, each path in quotes: without them a path with blanks
/// would let somebody else's program run in our place.
fn command_line(service: &Service) -> Result<String, ServiceError> {
    let mut paths = [plain(&service.program, is_absolute)?, plain(&service.configuration, is_absolute)?];
    for (path, text) in [&service.program, &service.configuration].into_iter().zip(&mut paths) {
        // A quote cannot stand in a Windows path; a backslash before one would escape it.
        if text.contains('"') || text.ends_with('\\') {
            return Err(ServiceError::StrangePath { path: path.clone() });
        }
        if text.to_ascii_lowercase().starts_with("c:\\users\\") {
            return Err(ServiceError::InHome { path: path.clone(), advice: "C:\\Program Files\\roundsman-agent" });
        }
    }
    let [program, configuration] = paths;
    Ok(format!("\"{program}\" run --service --config \"{configuration}\""))
}

fn is_absolute(text: &str) -> bool {
    let octets = text.as_bytes();
    octets.len() > 3 && octets[0].is_ascii_alphabetic() && &octets[1..3] == b":\\"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::FakeHost;

    fn service() -> Service {
        let program = "C:\\Program Files\\roundsman-agent\\roundsman-agent.exe".into();
        Service { program, configuration: "C:\\ProgramData\\roundsman-agent\\agent.toml".into(), needs_low_port: false }
    }

    #[test]
    fn the_service_is_made_once_and_changed_later() {
        let host = FakeHost::new(true);
        host.fails_with("query", "FAILED 1060");
        let said = WindowsServices.install(&service(), &host).unwrap().describe();
        assert!(said.starts_with(
            "would run `sc.exe create roundsman-agent binPath= '\"C:\\Program Files\\roundsman-agent\\roundsman-agent.exe\" run --service \
             --config \"C:\\ProgramData\\roundsman-agent\\agent.toml\"' start= delayed-auto obj= 'NT SERVICE\\roundsman-agent'"
        ));
        let host = FakeHost::new(true);
        assert!(WindowsServices.install(&service(), &host).unwrap().describe().starts_with("would run `sc.exe config roundsman-agent"));
    }

    #[test]
    fn paths_that_could_start_something_else_are_refused() {
        let refused = |program: &str| command_line(&Service { program: program.into(), ..service() }).unwrap_err();
        assert!(matches!(refused("roundsman-agent.exe"), ServiceError::NotAbsolute { .. }));
        assert!(matches!(refused("C:\\a\" & calc \""), ServiceError::StrangePath { .. }));
        assert!(matches!(refused("C:\\Users\\ada\\roundsman-agent.exe"), ServiceError::InHome { .. }));
    }

    #[test]
    fn the_status_is_read_from_numbers() {
        let host = FakeHost::new(true);
        host.says(
            "NOM_SERVICE: roundsman-agent\n        STATE              : 4  RUNNING\n        START_TYPE         : 2   AUTO_START  (DELAYED)",
        );
        let status = WindowsServices.status(&host).unwrap();
        assert!(status.is_installed && status.is_enabled && status.is_running && status.said == "running");
        host.fails_with("query", "FAILED 1060");
        host.says("");
        assert!(!WindowsServices.status(&host).unwrap().is_installed);
    }
}
