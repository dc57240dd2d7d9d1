//! A store that is away or broken: what the client sees, and what the log says.

use std::io;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::Request;
use service_kit::health::Health;
use tower::ServiceExt as _;
use tracing_subscriber::fmt::MakeWriter;

use crate::client::{Client, SETTINGS, api};
use crate::double::{CAUSE, Double};
use crate::reads::READS;
use crate::rows::assorted;

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Takes the log of this thread, where the whole test runs.
    fn begin() -> (Self, tracing::subscriber::DefaultGuard) {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).with_ansi(false);
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    fn count(&self, text: &str) -> usize {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().matches(text).count()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn while_the_store_is_away_reads_are_told_when_to_come_back() {
    let (log, _guard) = Log::begin();
    let store = Double::new(assorted());
    let client = Client::new(store.clone());
    for round in 1..=2 {
        store.go_away(true);
        for uri in READS {
            let answer = client.get(uri).await;
            assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "1"));
            assert_eq!(answer.problem(), "store-unavailable");
            assert!(!String::from_utf8_lossy(&answer.body).contains("password"));
        }
        assert_eq!(log.count(CAUSE), round, "the cause is logged once an outage");
        store.go_away(false);
        for uri in READS {
            assert_eq!(client.get(uri).await.status, 200);
        }
        assert_eq!(log.count("the store is back"), round);
    }
}

#[tokio::test]
async fn a_store_that_can_never_answer_is_an_internal_error_without_its_cause() {
    let (log, _guard) = Log::begin();
    let store = Double::new(assorted());
    store.break_down();
    let answer = Client::new(store).get("/api/Orders").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (500, "internal"));
    assert!(!String::from_utf8_lossy(&answer.body).contains("password"));
    assert_eq!(log.count(CAUSE), 1);
}

#[tokio::test]
async fn the_service_is_ready_while_the_store_can_be_read() {
    let store = Double::new(assorted());
    let health = Health::default();
    api(store.clone(), &SETTINGS).register_checks(&health);
    for (away, status) in [(false, 200), (true, 503), (false, 200)] {
        store.go_away(away);
        let request = Request::get("/readyz").body(Body::empty()).unwrap();
        assert_eq!(health.router().oneshot(request).await.unwrap().status(), status);
    }
}
