//! A client that asks, and then takes nothing of its answer, would keep its connection for ever.

use std::time::Duration;

use tokio::net::TcpStream;

/// How long a client may leave bytes of its answers untaken.
pub(crate) const UNTAKEN_MAX: Duration = Duration::from_secs(30);

/// Lets the kernel cut the connection when what was written stays untaken for `longest` (`tcp(7)`,
/// `TCP_USER_TIMEOUT`). It counts by itself, so nothing has to be done for any write.
#[cfg(target_os = "linux")]
pub(crate) fn cut_when_untaken(stream: &TcpStream, longest: Duration) {
    let millis = u32::try_from(longest.as_millis()).unwrap_or(u32::MAX);
    // A kernel that can't is no reason not to serve.
    let _ = rustix::net::sockopt::set_tcp_user_timeout(stream, millis);
}

/// Elsewhere there is no such option.
#[cfg(not(target_os = "linux"))]
pub(crate) const fn cut_when_untaken(_: &TcpStream, _: Duration) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::ErrorKind;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    /// The kernel looks now and then, and this machine may be slow.
    const PATIENCE: Duration = Duration::from_mins(2);

    #[tokio::test]
    async fn a_client_that_takes_nothing_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let idle = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        cut_when_untaken(&stream, Duration::from_millis(300));
        let writing = async { while stream.write_all(&[0; 4_096]).await.is_ok() {} };
        tokio::time::timeout(PATIENCE, writing).await.expect("it is cut off");
        let error = stream.write_all(&[0]).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::TimedOut), "{error}");
        drop(idle);
    }
}
