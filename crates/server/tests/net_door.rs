//! The front door over real sockets: deadlines, limits, lists and the orderly end.

mod net_support;

use std::time::Duration;

use net_support::*;
use server::net::{Limits, Listener};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::Instant;

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    for _ in 0..100 {
        let (status, _, body) = exchange(&mut stream, HELLO).await;
        assert_eq!((status, body.as_str()), (200, "hello"));
    }
    door.close().await;
}

#[tokio::test]
async fn a_request_knows_its_peer() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    let (_, _, body) = exchange(&mut stream, "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(body, format!("{} {} none", stream.local_addr().unwrap(), door.address));
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_closed() {
    let door = Door::plain(Limits { head: SHORT, ..Limits::default() }).await;
    let start = Instant::now();
    closed(&mut door.connect().await).await;
    assert!(start.elapsed() >= SHORT);
}

#[tokio::test]
async fn a_head_that_trickles_in_wins_no_time() {
    let door = Door::plain(Limits { head: SHORT, ..Limits::default() }).await;
    let mut stream = door.connect().await;
    stream.write_all(b"GET /hello HTTP/1.1\r\n").await.unwrap();
    let start = Instant::now();
    let (mut reading, mut writing) = stream.split();
    let trickle = async {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        loop {
            beat.tick().await;
            if writing.write_all(b"x: y\r\n").await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = trickle => unreachable!("it never ends"),
        () = closed(&mut reading) => {}
    }
    assert!(start.elapsed() < LONG / 2);
}

#[tokio::test]
async fn the_second_head_has_a_deadline_too() {
    let door = Door::plain(Limits { head: SHORT, ..Limits::default() }).await;
    let mut stream = door.connect().await;
    exchange(&mut stream, HELLO).await;
    stream.write_all(b"GET /hel").await.unwrap();
    let start = Instant::now();
    closed(&mut stream).await;
    assert!(start.elapsed() < LONG / 2);
}

#[tokio::test]
async fn an_idle_connection_outlives_the_deadline_of_a_head_and_ends_at_its_own() {
    let limits = Limits { head: SHORT, idle: SHORT * 3, ..Limits::default() };
    let door = Door::plain(limits).await;
    let mut stream = door.connect().await;
    exchange(&mut stream, HELLO).await;
    let start = Instant::now();
    closed(&mut stream).await;
    assert!(start.elapsed() >= SHORT * 2, "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_large_head_is_refused() {
    let door = Door::plain(Limits { head_octets: 16 * 1024, ..Limits::default() }).await;
    let mut stream = door.connect().await;
    let fitting = format!("GET /hello HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "y".repeat(15_000));
    assert_eq!(exchange(&mut stream, fitting).await.0, 200);
    let large = format!("GET /hello HTTP/1.1\r\nHost: a\r\nx: {}\r\n\r\n", "y".repeat(17_000));
    assert_eq!(exchange(&mut stream, large).await.0, 431);
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_stops_is_answered_408_and_closed() {
    let door = Door::plain(Limits { grace: SHORT, ..Limits::default() }).await;
    let mut stream = door.connect().await;
    let (status, head, body) = exchange(&mut stream, "POST /bounded HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nbegun").await;
    assert_eq!(status, 408);
    assert!(head.contains("application/problem+json"));
    assert!(body.contains("came too slowly"));
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_announces_too_much_is_answered_413_before_it_is_sent() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    let (status, _, body) = exchange(&mut stream, "POST /bounded HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n").await;
    assert_eq!(status, 413);
    assert!(body.contains("more than 1000 octets"), "{body}");
    closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_turns_out_too_large_is_answered_413() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    let chunk = format!("400\r\n{}\r\n", "x".repeat(1024));
    let request = format!("POST /bounded HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunk.repeat(100));
    assert_eq!(exchange(&mut stream, request).await.0, 413);
    closed(&mut stream).await;
}

#[tokio::test]
async fn an_answer_reaches_who_is_still_sending() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    // More than the sockets hold: were they closed at once, the sending would break off.
    let body = "x".repeat(12 << 20);
    let request = format!("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let (status, _, body) = exchange(&mut stream, request).await;
    assert_eq!((status, body.as_str()), (200, "not interested"));
}

#[tokio::test]
async fn a_bomb_is_answered_413_and_the_connection_goes_on() {
    let door = Door::plain(Limits::default()).await;
    let mut stream = door.connect().await;
    let bomb = zstd::bulk::compress(&vec![0; 100 << 20], 1).unwrap();
    let head = format!("POST /unpacked HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let (status, ..) = exchange(&mut stream, [head.as_bytes(), &bomb].concat()).await;
    assert_eq!(status, 413);
    let report = zstd::bulk::compress(&vec![1; 999_999], 1).unwrap();
    let head = format!("POST /unpacked HTTP/1.1\r\nHost: a\r\nContent-Encoding: zstd\r\nContent-Length: {}\r\n\r\n", report.len());
    let (status, _, body) = exchange(&mut stream, [head.as_bytes(), &report].concat()).await;
    assert_eq!((status, body.as_str()), (200, "999999"));
}

#[tokio::test]
async fn a_peer_that_takes_no_response_is_given_up() {
    let door =
        Door::plain(Limits { grace: SHORT, least_octets_per_second: 1 << 40, connections_per_address: 1, ..Limits::default() }).await;
    // A small buffer, so that little of the response fits into the line.
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stuck = socket.connect(door.address).await.unwrap();
    stuck.write_all(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    // Its place is free again only when the server has given it up.
    within(async {
        loop {
            let mut other = door.connect().await;
            if other.write_all(HELLO.as_bytes()).await.is_ok() && other.read(&mut [0; 64]).await.is_ok_and(|octets| octets > 0) {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn one_address_has_only_so_many_connections() {
    let door = Door::plain(Limits { connections_per_address: 3, ..Limits::default() }).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = door.connect().await;
        exchange(&mut stream, HELLO).await;
        open.push(stream);
    }
    closed(&mut door.connect().await).await;
    // Another address of this machine still gets in.
    let other = TcpSocket::new_v4().unwrap();
    other.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut other = other.connect(door.address).await.unwrap();
    assert_eq!(exchange(&mut other, HELLO).await.0, 200);
    door.close().await;
}

#[tokio::test]
async fn there_are_only_so_many_connections_overall() {
    let door = Door::plain(Limits { connections: 2, ..Limits::default() }).await;
    let mut first = door.connect().await;
    let mut second = door.connect().await;
    exchange(&mut first, HELLO).await;
    exchange(&mut second, HELLO).await;
    closed(&mut door.connect().await).await;
    assert_eq!(exchange(&mut first, HELLO).await.0, 200);
}

#[tokio::test]
async fn strangers_are_closed_without_a_word() {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap().allowing("127.0.0.2, 10.0.0.0/8".parse().unwrap());
    let door = Door::open(listener, Limits::default());
    closed(&mut door.connect().await).await;
    let friend = TcpSocket::new_v4().unwrap();
    friend.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let mut friend = friend.connect(door.address).await.unwrap();
    assert_eq!(exchange(&mut friend, HELLO).await.0, 200);
}

#[tokio::test]
async fn shutdown_lets_a_request_finish_and_takes_no_new_one() {
    let door = Door::plain(Limits::default()).await;
    let (address, gate) = (door.address, door.gate.clone());
    let mut idle = door.connect().await;
    exchange(&mut idle, HELLO).await;
    let mut fresh = door.connect().await;
    let mut busy = door.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    within(door.waiting.notified()).await;
    let serving = door.stop();
    closed(&mut idle).await;
    closed(&mut fresh).await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    assert!(!serving.is_finished());
    gate.notify_one();
    let (status, head, body) = response(&mut busy).await;
    assert_eq!((status, body.as_str()), (200, "worth the wait"));
    assert!(head.to_ascii_lowercase().contains("connection: close"), "{head}");
    within(serving).await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_waits_only_so_long() {
    let door = Door::plain(Limits { drain: SHORT, ..Limits::default() }).await;
    let mut busy = door.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    within(door.waiting.notified()).await;
    within(door.stop()).await.unwrap().unwrap();
    closed(&mut busy).await;
}

#[tokio::test]
async fn without_a_listener_nothing_is_served() {
    let error = server::net::serve(Vec::new(), axum::Router::new(), Limits::default(), std::future::pending()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no address to listen on; name at least one");
}

#[tokio::test]
async fn rubbish_is_answered_400_and_does_no_harm() {
    let door = Door::plain(Limits::default()).await;
    for rubbish in [&b"\x00\x01\x02\x03\r\n\r\n"[..], b"GET\r\n\r\n", b"\xff\xfe\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"] {
        let mut stream = door.connect().await;
        stream.write_all(rubbish).await.unwrap();
        let mut answer = Vec::new();
        let _ = within(stream.read_to_end(&mut answer)).await;
        assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(exchange(&mut door.connect().await, HELLO).await.0, 200);
}
