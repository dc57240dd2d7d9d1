//! A TCP proxy that cuts, refuses or swallows what goes through it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;

/// What happens to the connections.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    /// As [`Pass`](Self::Pass), but whoever comes new is refused.
    Full,
    Cut,
    Swallow,
}

pub struct Proxy {
    port: u16,
    upstream: (String, u16),
    mode: Arc<watch::Sender<Mode>>,
    /// How many bytes may still go to the server before the cut.
    allowance: Arc<AtomicI64>,
    accepting: Mutex<JoinHandle<()>>,
}

impl Proxy {
    pub async fn start(host: &str, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mode = Arc::new(watch::Sender::new(Mode::Pass));
        let allowance = Arc::new(AtomicI64::new(i64::MAX));
        let own_port = listener.local_addr().unwrap().port();
        let upstream = (host.to_owned(), port);
        let accepting = accept(listener, upstream.clone(), mode.clone(), allowance.clone());
        Self { port: own_port, upstream, mode, allowance, accepting: accepting.into() }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends all connections at once, those to come too.
    pub fn cut(&self) {
        self.mode.send_replace(Mode::Cut);
    }

    /// Cuts as soon as so many more bytes have gone to the server.
    pub fn cut_after(&self, bytes: i64) {
        self.allowance.store(bytes, Ordering::SeqCst);
    }

    /// Refuses connections to come.
    pub fn let_nobody_in(&self) {
        self.mode.send_replace(Mode::Full);
    }

    /// Takes everything and lets nothing through.
    pub fn swallow(&self) {
        self.mode.send_replace(Mode::Swallow);
    }

    pub fn mend(&self) {
        self.allowance.store(i64::MAX, Ordering::SeqCst);
        self.mode.send_replace(Mode::Pass);
    }

    /// Ends all connections; from its return on, new ones are refused.
    pub async fn stop_listening(&self) {
        self.cut();
        let mut accepting = self.accepting.lock().await;
        accepting.abort();
        // The port is free only once the task has let go of it.
        let _ = (&mut *accepting).await;
    }

    pub async fn listen_again(&self) {
        self.mend();
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let (mode, allowance) = (self.mode.clone(), self.allowance.clone());
        let accepting = accept(listener, self.upstream.clone(), mode, allowance);
        *self.accepting.lock().await = accepting;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
        self.accepting.get_mut().abort();
    }
}

fn accept(
    listener: TcpListener,
    upstream: (String, u16),
    mode: Arc<watch::Sender<Mode>>,
    allowance: Arc<AtomicI64>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            if matches!(*mode.borrow(), Mode::Cut | Mode::Full) {
                continue;
            }
            let server = TcpStream::connect(upstream.clone()).await.unwrap();
            tokio::spawn(relay(client, server, mode.clone(), allowance.clone()));
        }
    })
}

/// Passes bytes on until either side ends or the proxy cuts.
async fn relay(
    mut client: TcpStream,
    mut server: TcpStream,
    mode: Arc<watch::Sender<Mode>>,
    allowance: Arc<AtomicI64>,
) {
    let (mut up, mut down) = (vec![0; 16_384], vec![0; 16_384]);
    let mut mode_changes = mode.subscribe();
    loop {
        let current = *mode_changes.borrow_and_update();
        if current == Mode::Cut {
            return;
        }
        let passes = matches!(current, Mode::Pass | Mode::Full);
        tokio::select! {
            change = mode_changes.changed() => if change.is_err() { return },
            read = client.read(&mut up) => {
                let Ok(bytes @ 1..) = read else { return };
                let left = allowance.fetch_sub(i64::try_from(bytes).unwrap(), Ordering::SeqCst);
                if left < i64::try_from(bytes).unwrap() {
                    mode.send_replace(Mode::Cut);
                    return;
                }
                if passes && server.write_all(&up[..bytes]).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut down) => {
                let Ok(bytes @ 1..) = read else { return };
                if passes && client.write_all(&down[..bytes]).await.is_err() {
                    return;
                }
            }
        }
    }
}
