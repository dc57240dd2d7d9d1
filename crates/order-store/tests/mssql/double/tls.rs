//! TLS as SQL Server has it before TDS 8.0: what is shaken hands with goes in packets, all else doesn't.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const HEAD_BYTES: usize = 8;
const PRE_LOGIN: u8 = 0x12;
const END_OF_MESSAGE: u8 = 1;

/// A stream whose bytes are in packets until it is [unwrapped](Self::unwrap).
pub struct Wrapped<S> {
    stream: S,
    in_packets: bool,
    /// The head of the packet that comes, as far as it has come.
    head: Vec<u8>,
    /// How much of the packet's body is still to come.
    body_bytes: usize,
    /// What was written and not yet put into a packet.
    written: Vec<u8>,
    /// Packets on their way.
    packets: Vec<u8>,
}

impl<S> Wrapped<S> {
    pub fn new(stream: S) -> Self {
        let (head, written, packets) = (Vec::new(), Vec::new(), Vec::new());
        Self { stream, in_packets: true, head, body_bytes: 0, written, packets }
    }

    pub fn unwrap(&mut self) {
        self.in_packets = false;
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wrapped<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.in_packets {
            return Pin::new(&mut this.stream).poll_read(context, buffer);
        }
        while this.body_bytes == 0 {
            let mut byte = [0];
            let mut one = ReadBuf::new(&mut byte);
            ready!(Pin::new(&mut this.stream).poll_read(context, &mut one))?;
            if one.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.head.extend_from_slice(one.filled());
            if this.head.len() == HEAD_BYTES {
                assert_eq!(this.head[0], PRE_LOGIN, "hands are shaken in packets of this kind");
                let bytes = u16::from_be_bytes([this.head[2], this.head[3]]);
                this.body_bytes = usize::from(bytes) - HEAD_BYTES;
                this.head.clear();
            }
        }
        let mut part = vec![0; this.body_bytes.min(buffer.remaining())];
        let mut read = ReadBuf::new(&mut part);
        ready!(Pin::new(&mut this.stream).poll_read(context, &mut read))?;
        this.body_bytes -= read.filled().len();
        buffer.put_slice(read.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wrapped<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if !this.in_packets {
            return Pin::new(&mut this.stream).poll_write(context, bytes);
        }
        this.written.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        for body in this.written.chunks(4_000) {
            let bytes = u16::try_from(body.len() + HEAD_BYTES).unwrap().to_be_bytes();
            let head = [PRE_LOGIN, END_OF_MESSAGE, bytes[0], bytes[1], 0, 0, 0, 0];
            this.packets.extend_from_slice(&[&head, body].concat());
        }
        this.written.clear();
        while !this.packets.is_empty() {
            let sent = ready!(Pin::new(&mut this.stream).poll_write(context, &this.packets))?;
            this.packets.drain(..sent);
        }
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
