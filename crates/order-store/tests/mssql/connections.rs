//! Connections that break, fall silent or are too few.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use order_store::OrderFilter;

use crate::contract::rows::{batch, order, order_id, page};
use crate::double::{Answer, Double};
use crate::protocol::{fine, store_at};
use crate::server::open_first;

const READ_CONNECTIONS_MAX: usize = order_store::mssql::READ_CONNECTIONS_MAX as usize;
const WRITE_CONNECTIONS_MAX: usize = order_store::mssql::WRITE_CONNECTIONS_MAX as usize;

#[tokio::test]
async fn a_connection_that_is_cut_in_the_middle_is_replaced() {
    for cut_at in ["begin transaction", "insert into orders", "commit transaction"] {
        let cuts = Arc::new(AtomicUsize::new(1));
        let double = Double::start(move |asked| {
            let once = |left: usize| left.checked_sub(1);
            if asked.sql.starts_with(cut_at)
                && cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, once).is_ok()
            {
                return Answer::Cut;
            }
            fine(asked)
        })
        .await;
        let store = store_at(&double).await;
        let error = store.projections.apply(&batch(vec![order(1)])).await.unwrap_err();
        assert!(error.is_retryable(), "{cut_at}: {error}");
        store.projections.apply(&batch(vec![order(1)])).await.unwrap();
        assert_eq!(double.connections(), 2, "{cut_at}");
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_cut_is_replaced_unseen() {
    let cuts = Arc::new(AtomicUsize::new(1));
    let double = Double::start(move |asked| {
        let once = |left: usize| left.checked_sub(1);
        // The try of a connection that lay idle.
        if asked.sql == "select 1"
            && cuts.fetch_update(Ordering::SeqCst, Ordering::SeqCst, once).is_ok()
        {
            return Answer::Cut;
        }
        fine(asked)
    })
    .await;
    let store = store_at(&double).await;
    for _ in 0..3 {
        store.queries.order(order_id(1)).await.unwrap();
    }
    assert_eq!(double.connections(), 2);
}

#[tokio::test]
async fn a_call_that_is_given_up_ends_its_connection() {
    let silent = Arc::new(AtomicBool::new(true));
    let still_silent = silent.clone();
    let double = Double::start(move |asked| {
        let silent = still_silent.load(Ordering::SeqCst);
        if silent && asked.sql.contains("from orders") { Answer::Silence } else { fine(asked) }
    })
    .await;
    let store = store_at(&double).await;
    let queries = store.queries.clone();
    let asking = tokio::spawn(async move { queries.order(order_id(1)).await });
    while !double.take_asked().iter().any(|asked| asked.sql.contains("from orders")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    asking.abort();
    assert!(asking.await.unwrap_err().is_cancelled());
    // At once, and not when the pool comes upon it: it may hold locks.
    while double.ended() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    silent.store(false, Ordering::SeqCst);
    store.queries.order(order_id(1)).await.unwrap();
    assert_eq!(double.connections(), 2);
}

#[tokio::test]
async fn a_check_of_a_silent_server_says_so() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.starts_with("select top (1) 1") => Answer::Silence,
        _ => fine(asked),
    })
    .await;
    let store = store_at(&double).await;
    for check in [store.projections.check(), store.queries.check_readable()] {
        let error = check.await.unwrap_err();
        assert!(error.is_retryable(), "{error}");
        assert!(error.to_string().contains("in time"), "{error}");
    }
}

#[tokio::test]
async fn a_check_that_finds_every_connection_busy_says_so() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.contains("insert into orders") => Answer::Silence,
        _ => fine(asked),
    })
    .await;
    let store = store_at(&double).await;
    let waiting: Vec<_> = (0..WRITE_CONNECTIONS_MAX)
        .map(|_| {
            let projections = store.projections.clone();
            tokio::spawn(async move { projections.apply(&batch(vec![order(1)])).await })
        })
        .collect();
    let mut seen = 0;
    while seen < WRITE_CONNECTIONS_MAX {
        let asked = double.take_asked();
        seen += asked.iter().filter(|asked| asked.sql.contains("insert into orders")).count();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let error = store.projections.check().await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains("all connections are busy (4)"), "{error}");
    assert_eq!(double.connections(), WRITE_CONNECTIONS_MAX);
    waiting.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_readers_share_a_few_connections() {
    let double = Double::start(fine).await;
    let store = store_at(&double).await;
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let queries = store.queries.clone();
            tokio::spawn(async move { queries.orders(OrderFilter::default(), page(9)).await })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.unwrap().unwrap(), []);
    }
    assert!(double.connections() <= READ_CONNECTIONS_MAX, "{}", double.connections());
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    // Bound, so that nobody else listens there; and nobody listens.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.local_addr().unwrap().port();
    let url = format!("mssql://sa:secret@127.0.0.1:{port}/shop?encrypt=off");
    let store = open_first(&url).await;
    let error = store.queries.order(order_id(1)).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    assert!(error.to_string().contains(&format!("SQL Server at 127.0.0.1:{port}")), "{error}");
}
