//! One connection to the target, and one request over it.
//!
//! Nothing is spawned: whoever waits for an answer moves the connection on, in the same task. So a
//! request costs no hop from task to task.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{HeaderMap, RETRY_AFTER};
use hyper_util::rt::TokioIo;
use measure::ErrorKind;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::request::Prepared;
use crate::outcome::BODY_BYTES_MAX;
use crate::target::TargetUrl;
use crate::tls::Tls;

trait Transport: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Transport for T {}

/// In a box: it is large, and goes from hand to hand with every request.
type Driver = Box<http1::Connection<TokioIo<Box<dyn Transport>>, Full<Bytes>>>;

/// Why a request got no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: ErrorKind,
    pub(super) reason: String,
}

impl Failure {
    fn connect(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::CONNECT, reason: reason.to_string() }
    }

    pub(super) fn timeout(after: Duration) -> Self {
        Self { kind: ErrorKind::TIMEOUT, reason: format!("no answer within {after:?}") }
    }

    /// The target took a connection and closed it at once.
    pub(super) fn closed() -> Self {
        let reason = "the target closed the connection before anything was sent".to_owned();
        Self { kind: ErrorKind::CONNECTION_LOST, reason }
    }

    pub(super) fn unsendable(reason: impl fmt::Display) -> Self {
        Self { kind: ErrorKind::Named("unsendable"), reason: reason.to_string() }
    }

    fn lost(error: &hyper::Error) -> Self {
        use std::error::Error as _;
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Self { kind: ErrorKind::CONNECTION_LOST, reason: format!("{error}{cause}") }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}

/// What the target said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Empty unless they were to be kept.
    pub(super) headers: HeaderMap,
    /// Empty unless it was to be kept.
    pub(super) body: Bytes,
    /// Whether `body` is only its beginning.
    pub(super) body_cut: bool,
    /// How long the target wants to be left alone.
    pub(super) retry_after: Option<Duration>,
}

/// A connection that is open, as far as anybody knows.
pub(super) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    /// `None` once it has ended.
    driver: Option<Driver>,
}

/// A request that got no answer.
pub(super) enum Unanswered {
    /// Nothing of it was sent, and it can be: the connection had ended before.
    Unsent,
    /// It may have reached the target.
    Failed(Failure),
}

impl Connection {
    pub(super) async fn open(target: &TargetUrl, tls: Option<&Tls>) -> Result<Self, Failure> {
        let stream = TcpStream::connect((target.host(), target.port())).await;
        let stream = stream.map_err(Failure::connect)?;
        stream.set_nodelay(true).map_err(Failure::connect)?;
        let transport: Box<dyn Transport> = match tls {
            None => Box::new(stream),
            Some(tls) => Box::new(secure(tls, stream).await.map_err(Failure::connect)?),
        };
        let opened = http1::handshake(TokioIo::new(transport)).await;
        let (sender, driver) = opened.map_err(Failure::connect)?;
        Ok(Self { sender, driver: Some(Box::new(driver)) })
    }

    /// Takes a request, sends it and waits for all of its answer. What was not sent is put back.
    pub(super) async fn exchange(
        &mut self,
        prepared: &mut Option<Prepared>,
        keep: bool,
    ) -> Result<Answer, Unanswered> {
        // This also sees that the target has closed the connection in the meantime.
        let Self { sender, driver } = self;
        if driven(driver, sender.ready()).await.is_err() {
            return Err(Unanswered::Unsent);
        }
        let request = prepared.take().expect("who sends has prepared");
        let answered = driven(driver, sender.try_send_request(request)).await;
        let (head, body) = match answered {
            Ok(response) => response.into_parts(),
            Err(mut unsent) => {
                *prepared = unsent.take_message();
                return Err(match prepared {
                    Some(_) => Unanswered::Unsent,
                    None => Unanswered::Failed(Failure::lost(&unsent.into_error())),
                });
            }
        };
        let lost = |error: hyper::Error| Unanswered::Failed(Failure::lost(&error));
        let (body, body_cut) = driven(driver, read(body, keep)).await.map_err(lost)?;
        Ok(Answer {
            status: head.status.as_u16(),
            retry_after: retry_after(&head.headers),
            headers: if keep { head.headers } else { HeaderMap::new() },
            body,
            body_cut,
        })
    }

    /// Whether a further request can be sent over it.
    pub(super) fn is_open(&self) -> bool {
        self.driver.is_some() && !self.sender.is_closed()
    }
}

async fn secure(tls: &Tls, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    tls.connector.connect(tls.name.clone(), stream).await
}

/// Waits for `future`, which depends on the connection, and moves the connection on.
async fn driven<F: Future>(driver: &mut Option<Driver>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        // First: waiting for a body is what makes the connection read it.
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(output);
        }
        if let Some(connection) = driver
            && pin!(connection).poll(cx).is_ready()
        {
            // Why it ended is told to whoever waits for an answer.
            *driver = None;
        }
        future.as_mut().poll(cx)
    })
    .await
}

/// All of a body, or only its beginning; nothing of it unless it is to be kept.
async fn read(mut body: Incoming, keep: bool) -> Result<(Bytes, bool), hyper::Error> {
    let mut kept: Vec<Bytes> = Vec::new();
    let mut room = if keep { BODY_BYTES_MAX } else { 0 };
    let mut cut = false;
    while !body.is_end_stream() {
        let Some(frame) = body.frame().await.transpose()? else { break };
        let Ok(mut data) = frame.into_data() else { continue };
        cut |= keep && data.len() > room;
        data.truncate(room);
        room -= data.len();
        if !data.is_empty() {
            kept.push(data);
        }
    }
    let all = if kept.len() == 1 { kept.swap_remove(0) } else { kept.concat().into() };
    Ok((all, cut))
}

/// `Retry-After` is seconds or a date (RFC 9110, section 10.2.3); anything else is as if it were
/// not there.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().unwrap());
        retry_after(&headers)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(told("3"), Some(Duration::from_secs(3)));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_mins(1));
        let wait = told(&later).unwrap();
        assert!((58..=60).contains(&wait.as_secs()), "{wait:?}");
        assert_eq!(told("Fri, 31 Dec 1999 23:59:59 GMT"), Some(Duration::ZERO));
        assert_eq!(told("soon"), None);
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
