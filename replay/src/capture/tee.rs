//! Bodies that are copied on their way.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::oneshot;
use traffic_archive::{Body, Exchange, Response};

use super::recorder::{Answer, Pending, Queue};
use super::redaction::BODY_OMITTED;
use super::room::{self, Reserved};
use super::tally::Counts;

/// Learns what passed.
pub(super) trait Listener: Unpin {
    /// All of the body has passed; `None` where it was longer than what is recorded.
    fn complete(self, body: Option<Bytes>, bytes: usize);
}

/// A body that is copied while it passes, up to a bound.
pub(super) struct Tee<B, L: Listener> {
    inner: B,
    copy: Option<BytesMut>,
    bytes: usize,
    bytes_max: usize,
    /// Gone once the body is complete, or where nobody listens.
    listener: Option<L>,
}

impl<B: HttpBody<Data = Bytes> + Unpin, L: Listener> Tee<B, L> {
    pub(super) fn new(inner: B, bytes_max: usize, listener: Option<L>) -> Self {
        let copy = listener.is_some().then(BytesMut::new);
        let mut tee = Self { inner, copy, bytes: 0, bytes_max, listener };
        tee.look_for_end();
        tee
    }

    fn copy(&mut self, data: &Bytes) {
        self.bytes += data.len();
        if self.bytes > self.bytes_max {
            self.copy = None;
        } else if let Some(copy) = &mut self.copy {
            copy.extend_from_slice(data);
        }
    }

    /// Tells before the last bytes go on, so that whoever gets them later is later in the order too.
    fn look_for_end(&mut self) {
        if self.inner.is_end_stream() {
            self.end();
        }
    }

    fn end(&mut self) {
        if let Some(listener) = self.listener.take() {
            listener.complete(self.copy.take().map(BytesMut::freeze), self.bytes);
        }
    }
}

impl<B, L> HttpBody for Tee<B, L>
where
    B: HttpBody<Data = Bytes> + Unpin,
    L: Listener,
{
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = ready!(Pin::new(&mut self.inner).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.copy(data);
                }
                self.look_for_end();
            }
            Some(Err(_)) => {}
            None => self.end(),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A request on its way to the target.
pub(super) struct RequestListener {
    pub(super) request: Option<Exchange>,
    pub(super) begun: Instant,
    pub(super) answer: Option<oneshot::Receiver<Answer>>,
    pub(super) room: Option<Reserved>,
    pub(super) queue: Queue,
    pub(super) counts: Counts,
}

impl Listener for RequestListener {
    fn complete(mut self, body: Option<Bytes>, _: usize) {
        let parts = (self.request.take(), self.answer.take(), self.room.take());
        let (Some(mut request), Some(answer), Some(mut room)) = parts else { return };
        let Some(body) = body else { return self.counts.too_long() };
        room::shrink(&mut room, body.len());
        request.body = Body::from(body);
        let pending = Pending { request, begun: self.begun, answer, _room: room };
        if self.queue.send(pending).is_err() {
            // The archive has failed.
            self.counts.passed();
        }
    }
}

impl Drop for RequestListener {
    fn drop(&mut self) {
        // It broke off before it was complete.
        if self.request.is_some() {
            self.counts.never_sent();
        }
    }
}

/// A response on its way to the client.
pub(super) struct ResponseListener {
    pub(super) response: Response,
    pub(super) begun: Instant,
    pub(super) answer: oneshot::Sender<Answer>,
    pub(super) room: Reserved,
}

impl Listener for ResponseListener {
    fn complete(mut self, body: Option<Bytes>, bytes: usize) {
        match body {
            Some(body) => self.response.body = Body::from(body),
            None => self.response.headers.push((BODY_OMITTED.to_owned(), bytes.to_string())),
        }
        room::shrink(&mut self.room, self.response.body.bytes().len());
        let elapsed = self.begun.elapsed().as_micros();
        self.response.elapsed_us = u64::try_from(elapsed).ok();
        // The recorder may have stopped waiting.
        let _ = self.answer.send(Answer::Response(self.response, self.room));
    }
}
