//! One connection to the target, and one request after the other over it.
//!
//! Nothing is spawned: whoever waits for an answer moves the connection on, in the same task. So a
//! request costs no hop from task to task.

use std::future::poll_fn;
use std::io::{self, ErrorKind as Io};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_util::io::poll_read_buf;

use crate::answer::{Answer, Keep, Read, Reading};
use crate::{Failure, Prepared, TargetUrl, Tls};

/// Room that a read has at least.
const READ_BYTES: usize = 8 << 10;

/// Reads that one poll does at most. A target that sends faster than it is read, and without end, would
/// keep the thread to itself: no time-out and no signal could end that.
const READS_MAX: usize = 64;

/// A connection that is open, as far as anybody knows.
pub struct Connection {
    transport: Transport,
    /// What came and was not asked for yet.
    input: BytesMut,
    reusable: bool,
}

enum Transport {
    Plain(TcpStream),
    Secure(Box<TlsStream<TcpStream>>),
}

/// A request that got no answer.
pub enum Unanswered {
    /// Nothing of it was sent, and it can be: the connection had ended before.
    Unsent,
    /// It may have reached the target.
    Failed(Failure),
}

impl Connection {
    /// Connects, and agrees on TLS where that is spoken.
    pub async fn open(target: &TargetUrl, tls: Option<&Tls>) -> Result<Self, Failure> {
        let stream = TcpStream::connect((target.host(), target.port())).await;
        let stream = stream.map_err(Failure::connect)?;
        stream.set_nodelay(true).map_err(Failure::connect)?;
        let transport = match tls {
            None => Transport::Plain(stream),
            Some(tls) => {
                let secure = tls.connector.connect(tls.name.clone(), stream).await;
                Transport::Secure(Box::new(secure.map_err(Failure::connect)?))
            }
        };
        Ok(Self { transport, input: BytesMut::new(), reusable: true })
    }

    /// Sends a request and waits for all of its answer.
    pub async fn exchange(&mut self, request: &Prepared, keep: Keep) -> Result<Answer, Unanswered> {
        if self.has_ended().await {
            return Err(Unanswered::Unsent);
        }
        self.reusable = false;
        let mut sending = Sending { wire: &request.wire, failure: None };
        let mut reading = Reading::new(keep, request.answer_has_body);
        let Read { answer, reusable } = poll_fn(|cx| {
            sending.poll(cx, &mut self.transport);
            self.poll_read(cx, &mut reading)
        })
        .await
        .map_err(|error| {
            Unanswered::Failed(Failure::lost(sending.failure.as_ref().unwrap_or(&error)))
        })?;
        // More than was asked for: whatever it is, it is no answer to the next request.
        self.reusable = reusable && self.input.is_empty() && sending.is_done();
        Ok(answer)
    }

    /// Whether a further request can be sent over it.
    pub fn is_reusable(&self) -> bool {
        self.reusable
    }

    /// Whether the target has closed it, or said something unasked, since the last answer.
    async fn has_ended(&mut self) -> bool {
        let mut room = [0; 1];
        poll_fn(|cx| {
            let read = Pin::new(&mut self.transport).poll_read(cx, &mut ReadBuf::new(&mut room));
            Poll::Ready(read.is_ready())
        })
        .await
    }

    fn poll_read(&mut self, cx: &mut Context<'_>, reading: &mut Reading) -> Poll<io::Result<Read>> {
        for _ in 0..READS_MAX {
            self.input.reserve(READ_BYTES);
            let came = ready!(poll_read_buf(Pin::new(&mut self.transport), cx, &mut self.input));
            if let Some(read) = self.take(reading, came).transpose() {
                return Poll::Ready(read);
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// What has come so far; `None` while the answer is not whole.
    fn take(&mut self, reading: &mut Reading, came: io::Result<usize>) -> io::Result<Option<Read>> {
        if came? > 0 {
            let malformed = |reason| {
                io::Error::new(Io::InvalidData, format!("the answer can't be read: {reason}"))
            };
            return reading.take(&mut self.input).map_err(malformed);
        }
        let cut = || {
            io::Error::new(Io::UnexpectedEof, "the target closed it before its answer was whole")
        };
        reading.closed().map(Some).ok_or_else(cut)
    }
}

/// A request on its way out.
struct Sending<'a> {
    /// What is still to be sent; nothing once it can't be.
    wire: &'a [u8],
    /// Why it can't be. The target may have answered all the same, and closed before it read all.
    failure: Option<io::Error>,
}

impl Sending<'_> {
    fn is_done(&self) -> bool {
        self.wire.is_empty() && self.failure.is_none()
    }

    fn poll(&mut self, cx: &mut Context<'_>, transport: &mut Transport) {
        while !self.wire.is_empty() {
            match Pin::new(&mut *transport).poll_write(cx, self.wire) {
                Poll::Ready(Ok(0)) => self.fail(Io::WriteZero.into()),
                Poll::Ready(Ok(bytes)) => self.wire = &self.wire[bytes..],
                Poll::Ready(Err(error)) => self.fail(error),
                Poll::Pending => return,
            }
        }
        // A TLS stream keeps what it could not send; the next poll goes on with it.
        if let Poll::Ready(Err(error)) = Pin::new(transport).poll_flush(cx) {
            self.fail(error);
        }
    }

    fn fail(&mut self, error: io::Error) {
        self.wire = &[];
        self.failure = Some(error);
    }
}

impl AsyncRead for Transport {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, room),
            Self::Secure(stream) => Pin::new(stream).poll_read(cx, room),
        }
    }
}

impl Transport {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Secure(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            // A socket has nothing to flush.
            Self::Plain(_) => Poll::Ready(Ok(())),
            Self::Secure(stream) => Pin::new(stream).poll_flush(cx),
        }
    }
}
