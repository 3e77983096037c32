//! A server that answers each request of a connection with what a test says. The tests of the command line use it, too.
#![allow(dead_code)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// Listens on a free port of loopback until it is dropped.
pub struct Server {
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves each connection with `serve`, one after the other.
    pub fn of_connections(serve: impl Fn(TcpStream) + Send + 'static) -> Server {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (connections, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (counted, stopped) = (connections.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    break;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                serve(stream.expect("a connection"));
            }
        });
        Server { address, connections, requests: Arc::default(), stop, thread: Some(thread) }
    }

    /// Answers each request with what `answer` makes of its body and writes to the stream. The
    /// connection goes on as long as that says so.
    pub fn of_requests(answer: impl Fn(&[u8], &mut dyn Write) -> bool + Send + 'static) -> Server {
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = requests.clone();
        let mut server = Server::of_connections(move |mut stream| {
            while let Some(body) = request(&mut stream) {
                counted.fetch_add(1, Ordering::SeqCst);
                if !answer(&body, &mut stream) {
                    break;
                }
            }
        });
        server.requests = requests;
        server
    }

    /// Returns how many requests there were.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Returns how many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        self.stop.store(true, Ordering::SeqCst);
        // The listener waits for a connection; this is the last.
        let _ = TcpStream::connect(self.address);
        let ended = thread.join();
        if !std::thread::panicking() {
            ended.expect("the server did not fail");
        }
    }
}

/// Reads one request and returns its body; `None` when there are no more.
pub fn request(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let mut octet = [0];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut octet) {
            Ok(1) => head.push(octet[0]),
            _ => return None,
        }
    }
    let head = String::from_utf8(head).expect("a head is text");
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).expect("a length");
    let mut body = vec![0; length.parse().expect("a number")];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// Is an IPP response to a request: success, and one number for each name.
pub fn response(request: &[u8], attributes: &[(&str, i32)]) -> Vec<u8> {
    let mut out = [&[2, 0, 0, 0][..], &request[4..8], &[4]].concat();
    for (name, number) in attributes {
        out.extend([&[0x21][..], &(name.len() as u16).to_be_bytes(), name.as_bytes(), &[0, 4], &number.to_be_bytes()].concat());
    }
    out.push(3);
    out
}

/// Is a whole answer with a body of a known length.
pub fn http(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}
