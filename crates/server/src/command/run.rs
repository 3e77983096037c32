//! `serve`: the server until somebody stops it.

use tokio::runtime::Builder;

use super::args::ServeArgs;
use super::work::{Failed, say};
use crate::config::{Listen, Settings};
use crate::serve::{Options, serve_with};

pub fn serve(mut settings: Settings, args: ServeArgs) -> Result<(), Failed> {
    if !args.listen.is_empty() {
        settings.listen = args.listen.iter().map(|address| Listen { address: *address, allow: Vec::new() }).collect();
    }
    if args.name.is_some() {
        settings.tls.name = args.name;
    }
    // What was typed is held to the same rules as what stands in the file.
    let settings = Settings::parse(&settings.effective(), "the command line").map_err(|error| Failed::usage(&error))?;
    crate::log::begin(&settings.log);
    let mut options = Options::new(settings);
    if args.announce {
        options.on_ready = Some(Box::new(|ready| {
            let addresses: Vec<String> = ready.addresses.iter().map(|address| format!("https://{address}")).collect();
            say(&format!("ready {}", addresses.join(" ")));
        }));
    }
    let runtime = Builder::new_multi_thread().enable_all().build()?;
    // Listened for before anybody is told that the server is ready, and may ask it to stop.
    runtime.block_on(async { serve_with(options, stop_signal()).await })?;
    Ok(())
}

/// Is ready when somebody wants the program to stop.
fn stop_signal() -> impl Future<Output = ()> {
    #[cfg(unix)]
    let signals = {
        use tokio::signal::unix::{SignalKind, signal};
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal)
    };
    async move {
        #[cfg(unix)]
        match signals {
            [Ok(mut interrupt), Ok(mut terminate)] => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            [Err(error), _] | [_, Err(error)] => {
                tracing::warn!(%error, "signals cannot be waited for; they end the program at once");
                std::future::pending::<()>().await;
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
        tracing::info!("the server stops");
    }
}
