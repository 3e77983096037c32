//! Answers datagrams for many addresses of loopback through one socket.
//!
//! Only loopback: what answers here is a simulated fleet, and nobody else's network shall see it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::engine::{Clock, Tick};

/// Is one answer: when it is to leave, and from which address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub at: Tick,
    /// The address the answer leaves from.
    pub from: Ipv4Addr,
    pub octets: Vec<u8>,
}

/// Answers requests made to any of its addresses.
pub trait Responder {
    /// Takes a request made to `asked` and appends what is to be answered, now or later.
    fn answer(&mut self, now: Tick, asked: Ipv4Addr, request: &[u8], replies: &mut Vec<Reply>);
}

/// Serves until `go_on` says no; it is asked at least 10 times a second.
///
/// # Errors
/// Fails if the port is taken or may not be opened, and where the system cannot tell which address
/// was asked.
pub fn serve(port: u16, responder: &mut impl Responder, clock: &Clock, go_on: impl FnMut() -> bool) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return linux::serve(port, responder, clock, go_on);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (port, responder, clock, go_on);
        Err(io::Error::new(io::ErrorKind::Unsupported, "serving many addresses of loopback needs Linux"))
    }
}

/// Returns the address if it is one of IPv4 loopback.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn loopback(from: SocketAddr) -> Option<Ipv4Addr> {
    match from.ip() {
        IpAddr::V4(address) if address.is_loopback() => Some(address),
        _ => None,
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;
    use std::mem::{size_of, zeroed};
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use socket2::Domain;

    use super::*;
    use crate::batch::{set_option, wait_for};
    use crate::outbox::BATCH;
    use crate::socket::open;

    /// Is the largest request that is taken.
    const LARGEST_REQUEST: usize = 8192;
    const CONTROL: usize = 64;
    const LONGEST_SLEEP: Tick = 50_000;

    #[derive(Clone, Copy)]
    #[repr(C, align(8))]
    struct Control([u8; CONTROL]);

    /// Is an answer waiting for its time; the number keeps answers of one moment in order.
    type Waiting = Reverse<(Tick, u64, Outgoing)>;

    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Outgoing {
        to: SocketAddr,
        from: Ipv4Addr,
        octets: Vec<u8>,
    }

    pub fn serve(port: u16, responder: &mut impl Responder, clock: &Clock, mut go_on: impl FnMut() -> bool) -> io::Result<()> {
        let socket = open(Domain::IPV4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)))?;
        if !set_option(&socket, libc::IPPROTO_IP, libc::IP_PKTINFO, 1) {
            return Err(io::Error::last_os_error());
        }
        let mut requests = vec![[0u8; LARGEST_REQUEST]; BATCH];
        let mut waiting: BinaryHeap<Waiting> = BinaryHeap::new();
        let mut number = 0;
        let mut replies = Vec::new();
        while go_on() {
            let now = clock.now();
            let mut due = Vec::new();
            let received = receive(&socket, &mut requests, |from, asked, request| {
                if loopback(from).is_none() || !asked.is_loopback() {
                    return;
                }
                responder.answer(now, asked, request, &mut replies);
                for reply in replies.drain(..) {
                    let outgoing = Outgoing { to: from, from: reply.from, octets: reply.octets };
                    if reply.at <= now {
                        due.push(outgoing);
                    } else {
                        number += 1;
                        waiting.push(Reverse((reply.at, number, outgoing)));
                    }
                }
            });
            while waiting.peek().is_some_and(|Reverse((at, ..))| *at <= now) {
                due.extend(waiting.pop().map(|Reverse((_, _, outgoing))| outgoing));
            }
            due.chunks(BATCH).for_each(|batch| send(&socket, batch));
            if received == 0 && due.is_empty() {
                let next = waiting.peek().map_or(Tick::MAX, |Reverse((at, ..))| *at);
                wait_for(&[socket.as_raw_fd()], libc::POLLIN, next.saturating_sub(clock.now()).min(LONGEST_SLEEP));
            }
        }
        Ok(())
    }

    fn receive(socket: &UdpSocket, requests: &mut [[u8; LARGEST_REQUEST]], mut each: impl FnMut(SocketAddr, Ipv4Addr, &[u8])) -> usize {
        // SAFETY: all-zero iovec, mmsghdr and sockaddr_in are valid values.
        let (mut parts, mut messages, mut names) =
            unsafe { (zeroed::<[libc::iovec; BATCH]>(), zeroed::<[libc::mmsghdr; BATCH]>(), zeroed::<[libc::sockaddr_in; BATCH]>()) };
        let mut controls = [Control([0; CONTROL]); BATCH];
        for (place, request) in requests.iter_mut().enumerate().take(BATCH) {
            parts[place] = libc::iovec { iov_base: request.as_mut_ptr().cast(), iov_len: LARGEST_REQUEST };
            let header = &mut messages[place].msg_hdr;
            header.msg_iov = &raw mut parts[place];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut names[place]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            header.msg_control = (&raw mut controls[place]).cast();
            header.msg_controllen = CONTROL as _;
        }
        // SAFETY: every header points to buffers of the stated sizes that live through the call.
        let count =
            unsafe { libc::recvmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), BATCH as u32, libc::MSG_DONTWAIT, std::ptr::null_mut()) };
        let count = usize::try_from(count).unwrap_or(0);
        for place in 0..count {
            let from = SocketAddr::from((Ipv4Addr::from(u32::from_be(names[place].sin_addr.s_addr)), u16::from_be(names[place].sin_port)));
            let length = (messages[place].msg_len as usize).min(LARGEST_REQUEST);
            if let Some(asked) = asked_address(&messages[place].msg_hdr) {
                each(from, asked, &requests[place][..length]);
            }
        }
        count
    }

    /// Reads from the control data which of our addresses was asked.
    fn asked_address(header: &libc::msghdr) -> Option<Ipv4Addr> {
        // SAFETY: the kernel filled the control buffer that the header points to; the macros stay within its length.
        unsafe {
            let mut control = libc::CMSG_FIRSTHDR(header);
            while let Some(one) = control.as_ref() {
                if one.cmsg_level == libc::IPPROTO_IP && one.cmsg_type == libc::IP_PKTINFO {
                    let info = libc::CMSG_DATA(control).cast::<libc::in_pktinfo>().read_unaligned();
                    return Some(Ipv4Addr::from(u32::from_be(info.ipi_addr.s_addr)));
                }
                control = libc::CMSG_NXTHDR(header, control);
            }
        }
        None
    }

    /// Sends at most a batch; an answer that the system refuses is lost, as on any network.
    fn send(socket: &UdpSocket, batch: &[Outgoing]) {
        // SAFETY: as in `receive`.
        let (mut parts, mut messages, mut names) =
            unsafe { (zeroed::<[libc::iovec; BATCH]>(), zeroed::<[libc::mmsghdr; BATCH]>(), zeroed::<[libc::sockaddr_in; BATCH]>()) };
        let mut controls = [Control([0; CONTROL]); BATCH];
        for (place, outgoing) in batch.iter().enumerate() {
            let SocketAddr::V4(to) = outgoing.to else { continue };
            names[place].sin_family = libc::AF_INET as libc::sa_family_t;
            names[place].sin_port = to.port().to_be();
            names[place].sin_addr.s_addr = u32::from(*to.ip()).to_be();
            parts[place] = libc::iovec { iov_base: outgoing.octets.as_ptr().cast_mut().cast(), iov_len: outgoing.octets.len() };
            let header = &mut messages[place].msg_hdr;
            header.msg_iov = &raw mut parts[place];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut names[place]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_in>() as u32;
            header.msg_control = (&raw mut controls[place]).cast();
            // SAFETY: the control buffer is larger than CMSG_SPACE of one in_pktinfo.
            unsafe {
                header.msg_controllen = libc::CMSG_SPACE(size_of::<libc::in_pktinfo>() as u32) as _;
                let control = libc::CMSG_FIRSTHDR(header);
                (*control).cmsg_level = libc::IPPROTO_IP;
                (*control).cmsg_type = libc::IP_PKTINFO;
                (*control).cmsg_len = libc::CMSG_LEN(size_of::<libc::in_pktinfo>() as u32) as _;
                let mut info: libc::in_pktinfo = zeroed();
                info.ipi_spec_dst.s_addr = u32::from(outgoing.from).to_be();
                libc::CMSG_DATA(control).cast::<libc::in_pktinfo>().write_unaligned(info);
            }
        }
        let mut at = 0;
        while at < batch.len() {
            // SAFETY: the slice holds as many filled headers as stated.
            let sent = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages[at..].as_mut_ptr(), (batch.len() - at) as u32, 0) };
            at += usize::try_from(sent).unwrap_or(0).max(1);
        }
    }
}
