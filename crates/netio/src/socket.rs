//! UDP sockets for both families, with buffers sized for bursts of answers.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Protocol, Socket, Type};

#[cfg(target_os = "linux")]
use crate::batch::Batch;
use crate::engine::Tick;
#[cfg(not(target_os = "linux"))]
use crate::portable::Batch;

/// Is what we ask of the kernel for each direction: some seconds of answers at full speed.
/// Where the system allows less, we get less.
const BUFFER_OCTETS: usize = 8 << 20;

/// Opens an unconnected socket on any port.
pub(crate) fn open(domain: Domain, address: SocketAddr) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if domain == Domain::IPV6 {
        socket.set_only_v6(true)?;
    }
    size_buffers(&socket);
    socket.set_broadcast(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// Asks for large buffers; an administrator may be given more than the system's limit.
fn size_buffers(socket: &Socket) {
    #[cfg(target_os = "linux")]
    if crate::batch::force_buffers(socket, BUFFER_OCTETS) {
        return;
    }
    // A refusal leaves the system's default, which works more slowly.
    let _ = socket.set_recv_buffer_size(BUFFER_OCTETS);
    let _ = socket.set_send_buffer_size(BUFFER_OCTETS);
}

/// Is the socket of one thread: IPv4 always, IPv6 beside it where it was asked for.
pub struct Sockets {
    v4: Batch,
    v6: Option<Batch>,
}

impl Sockets {
    /// Opens the sockets.
    ///
    /// # Errors
    /// Fails if the system gives no socket, for example for want of permission.
    pub fn open(with_v6: bool) -> io::Result<Self> {
        let v4 = Batch::new(open(Domain::IPV4, SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)))?);
        let v6 = match with_v6 {
            true => Some(Batch::new(open(Domain::IPV6, SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)))?)),
            false => None,
        };
        Ok(Sockets { v4, v6 })
    }

    /// Takes what has arrived, without waiting; returns how many datagrams.
    pub fn receive(&mut self, mut each: impl FnMut(SocketAddr, &[u8])) -> usize {
        self.batches().map(|batch| batch.receive(&mut each)).sum()
    }

    /// Returns the buffer of the next datagram, emptied, or `None` when the batch is full.
    pub fn buffer(&mut self) -> Option<&mut Vec<u8>> {
        self.v4.outbox.buffer()
    }

    /// Puts the datagram written into [`Sockets::buffer`] on its way with the next flush.
    pub fn queue(&mut self, to: SocketAddr) -> Result<(), SocketAddr> {
        match (to, &mut self.v6) {
            (SocketAddr::V4(_), _) => self.v4.outbox.queue(to),
            (SocketAddr::V6(_), Some(v6)) => match v6.outbox.buffer() {
                Some(buffer) => {
                    buffer.extend_from_slice(self.v4.outbox.pending());
                    v6.outbox.queue(to);
                }
                None => return Err(to),
            },
            (SocketAddr::V6(_), None) => return Err(to),
        }
        Ok(())
    }

    /// Sends what is queued; `failed` is told of each datagram that the system refused.
    pub fn flush(&mut self, mut failed: impl FnMut(SocketAddr, io::Error)) {
        self.batches().for_each(|batch| batch.flush(&mut failed));
    }

    /// Sleeps until something arrives or `wait` microseconds have gone.
    pub fn wait(&mut self, wait: Tick) {
        Batch::wait(&self.v4, self.v6.as_ref(), wait);
    }

    fn batches(&mut self) -> impl Iterator<Item = &mut Batch> {
        std::iter::once(&mut self.v4).chain(self.v6.as_mut())
    }
}
