//! A server that speaks TDS and answers as a test wants: it understands logins, batches and calls of
//! `sp_executesql`, keeps what it was asked, and knows no SQL.
//!
//! Source: [MS-TDS], <https://learn.microsoft.com/openspecs/windows_protocols/ms-tds>.
//!
//! Why it is our own, and what the registry's `mssql-testing` answered when it was tried, stands in
//! `ARCHITECTURE.md` among the decisions.

mod answers;
mod packets;
mod requests;
mod tls;

pub use answers::{Answer, Cell};
pub use requests::{Asked, Given, Login};

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use packets::{Kind, Packets};
use tls::Wrapped;

/// What of a connection is encrypted.
#[derive(Clone)]
pub enum Encryption {
    Nothing,
    /// All but the packets before the login.
    Usual(TlsAcceptor),
    /// All, from the first byte.
    Strict(TlsAcceptor),
}

type Admitting = Arc<dyn Fn(&Login) -> Answer + Send + Sync>;
type Answering = Arc<dyn Fn(&Asked) -> Answer + Send + Sync>;

pub struct Double {
    pub port: u16,
    seen: Arc<Seen>,
    accepting: JoinHandle<()>,
}

/// What came to the server.
#[derive(Default)]
struct Seen {
    logins: Mutex<Vec<Login>>,
    asked: Mutex<Vec<Asked>>,
    connections: AtomicUsize,
    ended: AtomicUsize,
}

impl Double {
    /// A server that lets everybody in and answers with `answer`.
    pub async fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::start_with(Encryption::Nothing, |_| Answer::rows([]), answer).await
    }

    /// A server that answers a login with `admit`, whose rows mean that it is let in.
    pub async fn start_with(
        encryption: Encryption,
        admit: impl Fn(&Login) -> Answer + Send + Sync + 'static,
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let (admit, answer): (Admitting, Answering) = (Arc::new(admit), Arc::new(answer));
        let all_seen = seen.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let connection = all_seen.connections.fetch_add(1, Ordering::SeqCst);
                let talk = Talk {
                    connection,
                    seen: all_seen.clone(),
                    admit: admit.clone(),
                    answer: answer.clone(),
                };
                let (encryption, seen) = (encryption.clone(), all_seen.clone());
                tokio::spawn(async move {
                    talk.with(stream, encryption).await;
                    seen.ended.fetch_add(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, seen, accepting }
    }

    /// The URL of a store here, over a connection in the clear.
    pub fn url(&self) -> String {
        format!("mssql://sa:secret@127.0.0.1:{}/shop?encrypt=off", self.port)
    }

    /// The logins so far.
    pub fn logins(&self) -> Vec<Login> {
        self.seen.logins.lock().unwrap().clone()
    }

    /// How many connections were made so far.
    pub fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// How many of them have ended.
    pub fn ended(&self) -> usize {
        self.seen.ended.load(Ordering::SeqCst)
    }

    /// What was asked since this was called last.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.seen.asked.lock().unwrap())
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The talk on one connection.
struct Talk {
    connection: usize,
    seen: Arc<Seen>,
    admit: Admitting,
    answer: Answering,
}

impl Talk {
    /// Goes on until either side ends it. (A client that does not trust us ends the handshake.)
    async fn with(self, stream: TcpStream, encryption: Encryption) -> Option<()> {
        match encryption {
            Encryption::Nothing => self.on(Packets::new(stream)).await,
            Encryption::Strict(tls) => self.on(Packets::new(tls.accept(stream).await.ok()?)).await,
            Encryption::Usual(tls) => {
                let mut packets = Packets::new(stream);
                let (kind, _) = packets.read().await?;
                assert_eq!(kind, Kind::PreLogin);
                packets.write(&answers::pre_login(true)).await?;
                let mut stream = tls.accept(Wrapped::new(packets.into_stream())).await.ok()?;
                stream.get_mut().0.unwrap();
                self.on(Packets::new(stream)).await
            }
        }
    }

    async fn on(self, mut packets: Packets<impl AsyncRead + AsyncWrite + Unpin>) -> Option<()> {
        let mut transaction = false;
        loop {
            let (kind, body) = packets.read().await?;
            let reply = match kind {
                Kind::PreLogin => answers::pre_login(false),
                Kind::Login => {
                    let login = Login::read(&body);
                    let answer = (self.admit)(&login);
                    self.seen.logins.lock().unwrap().push(login);
                    answers::login(&answer)?
                }
                Kind::Batch | Kind::Call => {
                    let asked = Asked::read(self.connection, kind, &body);
                    let answer = (self.answer)(&asked);
                    let begins = asked.sql.starts_with("begin transaction");
                    let ends = asked.sql.starts_with("commit");
                    self.seen.asked.lock().unwrap().push(asked);
                    if matches!(answer, Answer::Silence) {
                        // Until the other side gives up.
                        packets.read().await?;
                        return None;
                    }
                    let before = transaction;
                    transaction = (transaction || begins) && !ends;
                    answers::tokens(kind, &answer, (before, transaction))?
                }
                Kind::Other(_) => return None,
            };
            packets.write(&reply).await?;
        }
    }
}
