//! Messages in packets.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// What a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Batch,
    Call,
    PreLogin,
    Login,
    Other(u8),
}

/// The most bytes of a packet, its head included: what both sides begin with.
const PACKET_BYTES: usize = 4096;
const HEAD_BYTES: usize = 8;
const END_OF_MESSAGE: u8 = 1;
const TABULAR_RESULT: u8 = 4;

pub struct Packets<S> {
    stream: S,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Packets<S> {
    pub fn new(stream: S) -> Self {
        Self { stream }
    }

    pub fn into_stream(self) -> S {
        self.stream
    }

    /// The next message; `None` where the other side has ended.
    pub async fn read(&mut self) -> Option<(Kind, Vec<u8>)> {
        let mut body = Vec::new();
        loop {
            let mut head = [0; HEAD_BYTES];
            self.stream.read_exact(&mut head).await.ok()?;
            let bytes = usize::from(u16::from_be_bytes([head[2], head[3]]));
            let start = body.len();
            body.resize(start + bytes - HEAD_BYTES, 0);
            self.stream.read_exact(&mut body[start..]).await.ok()?;
            if head[1] & END_OF_MESSAGE != 0 {
                return Some((kind_of(head[0]), body));
            }
        }
    }

    pub async fn write(&mut self, body: &[u8]) -> Option<()> {
        let mut parts = body.chunks(PACKET_BYTES - HEAD_BYTES).peekable();
        while let Some(part) = parts.next() {
            let bytes = u16::try_from(part.len() + HEAD_BYTES).unwrap().to_be_bytes();
            let status = if parts.peek().is_none() { END_OF_MESSAGE } else { 0 };
            let head = [TABULAR_RESULT, status, bytes[0], bytes[1], 0, 0, 1, 0];
            self.stream.write_all(&[&head, part].concat()).await.ok()?;
        }
        self.stream.flush().await.ok()
    }
}

const fn kind_of(number: u8) -> Kind {
    match number {
        0x01 => Kind::Batch,
        0x03 => Kind::Call,
        0x10 => Kind::Login,
        0x12 => Kind::PreLogin,
        other => Kind::Other(other),
    }
}
