//! The service as Windows starts it: `run --service` hands itself to the service manager, which calls
//! back on a thread of its own and later asks to stop.

use std::error::Error;
use std::ffi::OsString;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use windows_service::service::{ServiceControl, ServiceControlAccept, ServiceExitCode, ServiceState, ServiceStatus, ServiceType};
use windows_service::service_control_handler::{self, ServiceControlHandlerResult, ServiceStatusHandle};
use windows_service::{define_windows_service, service_dispatcher};

use super::windows_services::NAME;

/// Is what the service does; it ends when something arrives, or when its work has failed.
pub type Work = Box<dyn FnOnce(Receiver<()>) -> Result<(), Box<dyn Error + Send + Sync>> + Send>;

/// The manager calls a plain function, so what it is to do waits here.
static WORK: Mutex<Option<Work>> = Mutex::new(None);
static HANDLE: OnceLock<ServiceStatusHandle> = OnceLock::new();

/// How long the manager may wait for a start or a stop before it calls the service hung.
const PATIENCE: Duration = Duration::from_secs(30);

define_windows_service!(entry, serve);

/// Runs as a service; returns when it has been stopped.
///
/// # Errors
///
/// Fails at once if it was not the service manager that started this program.
pub fn dispatch(work: Work) -> Result<(), windows_service::Error> {
    WORK.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).replace(work);
    service_dispatcher::start(NAME, entry)
}

fn serve(_: Vec<OsString>) {
    let (stop, stopped) = channel();
    let handler = move |control| match control {
        ServiceControl::Stop | ServiceControl::Shutdown => {
            // The receiver is gone if the work has ended already.
            let _ = stop.send(());
            ServiceControlHandlerResult::NoError
        }
        ServiceControl::Interrogate => ServiceControlHandlerResult::NoError,
        _ => ServiceControlHandlerResult::NotImplemented,
    };
    let Ok(handle) = service_control_handler::register(NAME, handler) else { return };
    let _ = HANDLE.set(handle);
    tell(ServiceState::StartPending, 0);
    let work = WORK.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).take();
    let outcome = work.map_or(Ok(()), |work| work(stopped));
    if let Err(error) = &outcome {
        tracing::error!("the agent has ended: {error}");
    }
    tell(ServiceState::Stopped, u32::from(outcome.is_err()));
}

/// Says that the work has begun, or is about to end; called through `notify`.
pub(super) fn tell_running(is_running: bool) {
    tell(if is_running { ServiceState::Running } else { ServiceState::StopPending }, 0);
}

fn tell(state: ServiceState, failure: u32) {
    let Some(handle) = HANDLE.get() else { return };
    let is_pending = matches!(state, ServiceState::StartPending | ServiceState::StopPending);
    let controls = if state == ServiceState::Running {
        ServiceControlAccept::STOP | ServiceControlAccept::SHUTDOWN
    } else {
        ServiceControlAccept::empty()
    };
    let status = ServiceStatus {
        service_type: ServiceType::OWN_PROCESS,
        current_state: state,
        controls_accepted: controls,
        exit_code: if failure == 0 { ServiceExitCode::NO_ERROR } else { ServiceExitCode::ServiceSpecific(failure) },
        checkpoint: 0,
        wait_hint: if is_pending { PATIENCE } else { Duration::ZERO },
        process_id: None,
    };
    if let Err(error) = handle.set_service_status(status) {
        tracing::warn!("the service manager cannot be told how the service is doing: {error}");
    }
}
