//! What servers and proxies of these tests share: a thread, a port, a memory.

use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Remembers octets for the test to look at.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub fn add(&self, octets: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(octets);
    }

    pub fn octets(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.octets()).into_owned()
    }
}

/// Serves connections one after the other on a port of the operating system's choice.
pub fn serve(mut serve: impl FnMut(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            // A test that goes wrong ends all the same.
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            serve(stream);
        }
    });
    port
}

/// Returns a port at which nothing listens.
pub fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
