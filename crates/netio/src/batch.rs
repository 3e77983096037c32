//! Linux: up to 64 datagrams a system call each way. The one module with unsafe code.

use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsRawFd;

use crate::engine::Tick;
use crate::outbox::{BATCH, Outbox};

/// Is the largest datagram there is. The memory is reserved, and used only where answers arrive.
const LARGEST: usize = 65_536;

/// Sizes the buffers beyond the system's limit; only an administrator may.
pub fn force_buffers(socket: &socket2::Socket, octets: usize) -> bool {
    let octets = i32::try_from(octets).unwrap_or(i32::MAX);
    [libc::SO_RCVBUFFORCE, libc::SO_SNDBUFFORCE].into_iter().all(|name| set_option(socket, libc::SOL_SOCKET, name, octets))
}

/// Sets an integer option of a socket.
pub fn set_option(socket: &impl AsRawFd, level: i32, name: i32, value: i32) -> bool {
    // SAFETY: the pointer and the length describe one i32 that outlives the call.
    unsafe { libc::setsockopt(socket.as_raw_fd(), level, name, (&raw const value).cast(), size_of::<i32>() as u32) == 0 }
}

/// Is a socket with the buffers of a batch in each direction.
pub struct Batch {
    socket: UdpSocket,
    received: Box<[u8]>,
    received_from: Box<[libc::sockaddr_storage; BATCH]>,
    pub outbox: Outbox,
}

impl Batch {
    pub fn new(socket: UdpSocket) -> Self {
        // SAFETY: an all-zero sockaddr_storage is a valid value.
        let received_from = Box::new(unsafe { zeroed::<[libc::sockaddr_storage; BATCH]>() });
        let received = vec![0; BATCH * LARGEST].into_boxed_slice();
        Batch { socket, received, received_from, outbox: Outbox::new() }
    }

    pub fn receive(&mut self, each: &mut impl FnMut(SocketAddr, &[u8])) -> usize {
        // SAFETY: all-zero iovec and mmsghdr are valid values.
        let (mut parts, mut messages) = unsafe { (zeroed::<[libc::iovec; BATCH]>(), zeroed::<[libc::mmsghdr; BATCH]>()) };
        for (place, slot) in self.received.chunks_exact_mut(LARGEST).enumerate() {
            parts[place] = libc::iovec { iov_base: slot.as_mut_ptr().cast(), iov_len: LARGEST };
            let header = &mut messages[place].msg_hdr;
            header.msg_iov = &raw mut parts[place];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut self.received_from[place]).cast();
            header.msg_namelen = size_of::<libc::sockaddr_storage>() as u32;
        }
        let flags = libc::MSG_DONTWAIT;
        // SAFETY: every header points to buffers of the stated sizes that live through the call.
        let count = unsafe { libc::recvmmsg(self.socket.as_raw_fd(), messages.as_mut_ptr(), BATCH as u32, flags, std::ptr::null_mut()) };
        // An error here (an ICMP message come back, an interrupted call) loses nothing: ask again later.
        let count = usize::try_from(count).unwrap_or(0);
        let received = self.received.chunks_exact(LARGEST).zip(self.received_from.iter());
        for (message, (slot, from)) in messages.iter().zip(received).take(count) {
            let datagram = &slot[..(message.msg_len as usize).min(LARGEST)];
            if let Some(from) = address_of(from) {
                each(from, datagram);
            }
        }
        count
    }

    pub fn flush(&mut self, failed: &mut impl FnMut(SocketAddr, io::Error)) {
        let queued: Vec<(&[u8], SocketAddr)> = self.outbox.queued().collect();
        let count = queued.len();
        if count == 0 {
            return;
        }
        // SAFETY: all-zero iovec, mmsghdr and sockaddr_storage are valid values.
        let (mut parts, mut messages, mut names) =
            unsafe { (zeroed::<[libc::iovec; BATCH]>(), zeroed::<[libc::mmsghdr; BATCH]>(), zeroed::<[libc::sockaddr_in6; BATCH]>()) };
        for (place, (datagram, to)) in queued.iter().enumerate() {
            parts[place] = libc::iovec { iov_base: datagram.as_ptr().cast_mut().cast(), iov_len: datagram.len() };
            let header = &mut messages[place].msg_hdr;
            header.msg_iov = &raw mut parts[place];
            header.msg_iovlen = 1;
            header.msg_name = (&raw mut names[place]).cast();
            header.msg_namelen = write_address(&mut names[place], *to);
        }
        let mut at = 0;
        while at < count {
            // SAFETY: as in `receive`; the slice holds `count - at` filled headers.
            let sent = unsafe { libc::sendmmsg(self.socket.as_raw_fd(), messages[at..].as_mut_ptr(), (count - at) as u32, 0) };
            if let Ok(sent @ 1..) = usize::try_from(sent) {
                at += sent;
                continue;
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::EAGAIN | libc::ENOBUFS) => wait_for(&[self.socket.as_raw_fd()], libc::POLLOUT, 10_000),
                _ => {
                    failed(queued[at].1, error);
                    at += 1;
                }
            }
        }
        self.outbox.clear();
    }

    pub fn wait(one: &Batch, other: Option<&Batch>, wait: Tick) {
        let sockets = [one.socket.as_raw_fd(), other.map_or(-1, |other| other.socket.as_raw_fd())];
        wait_for(&sockets, libc::POLLIN, wait);
    }
}

/// Sleeps until one of the sockets is ready or `wait` microseconds have gone; -1 is no socket.
pub fn wait_for(sockets: &[i32], events: i16, wait: Tick) {
    let mut polled: Vec<libc::pollfd> = sockets.iter().map(|fd| libc::pollfd { fd: *fd, events, revents: 0 }).collect();
    let wait = libc::timespec { tv_sec: (wait / 1_000_000) as libc::time_t, tv_nsec: (wait % 1_000_000 * 1000) as libc::c_long };
    // SAFETY: the list and its length belong together; the timespec outlives the call.
    unsafe { libc::ppoll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, &raw const wait, std::ptr::null()) };
}

fn address_of(storage: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(storage.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in, which fits the storage.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in>() };
            Some(SocketAddr::from((Ipv4Addr::from(u32::from_be(name.sin_addr.s_addr)), u16::from_be(name.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: as above, a sockaddr_in6.
            let name = unsafe { &*(&raw const *storage).cast::<libc::sockaddr_in6>() };
            let address = Ipv6Addr::from(name.sin6_addr.s6_addr);
            Some(SocketAddrV6::new(address, u16::from_be(name.sin6_port), 0, name.sin6_scope_id).into())
        }
        _ => None,
    }
}

/// Writes a name for the kernel and returns its length. A sockaddr_in fits into a sockaddr_in6.
fn write_address(name: &mut libc::sockaddr_in6, to: SocketAddr) -> u32 {
    match to {
        SocketAddr::V4(to) => {
            // SAFETY: sockaddr_in is smaller than sockaddr_in6, no stricter in alignment, and all-zero is valid.
            let name = unsafe { &mut *(&raw mut *name).cast::<libc::sockaddr_in>() };
            name.sin_family = libc::AF_INET as libc::sa_family_t;
            name.sin_port = to.port().to_be();
            name.sin_addr.s_addr = u32::from(*to.ip()).to_be();
            size_of::<libc::sockaddr_in>() as u32
        }
        SocketAddr::V6(to) => {
            name.sin6_family = libc::AF_INET6 as libc::sa_family_t;
            name.sin6_port = to.port().to_be();
            name.sin6_addr.s6_addr = to.ip().octets();
            name.sin6_scope_id = to.scope_id();
            size_of::<libc::sockaddr_in6>() as u32
        }
    }
}
