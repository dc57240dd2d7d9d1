//! How the store speaks with a server: logins, parameters, errors, connections that break, the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use order_store::{Checkpoint, OrderFilter, OrderStore, ProjectionBatch, StoreError};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio_rustls::TlsAcceptor;

use crate::contract::rows::{batch, order, order_id, page, step, stream};
use crate::double::{Answer, Asked, Cell, Double, Encryption, Given, Login};
use crate::server::open_first;

const READ_CONNECTIONS_MAX: usize = order_store::mssql::READ_CONNECTIONS_MAX as usize;
const WRITE_CONNECTIONS_MAX: usize = order_store::mssql::WRITE_CONNECTIONS_MAX as usize;

/// An answer to whatever a store asks that is fine with everything and empty.
fn fine(asked: &Asked) -> Answer {
    match asked.sql.as_str() {
        sql if sql.ends_with("select @@rowcount") => Answer::number(1),
        sql if sql.contains("Updateability") => {
            Answer::rows([vec![Cell::Text(Some("READ_WRITE".to_owned()))]])
        }
        _ => Answer::rows([]),
    }
}

async fn store_at(double: &Double) -> OrderStore {
    open_first(&double.url()).await
}

#[tokio::test]
async fn a_login_says_who_and_for_what() {
    let double = Double::start(fine).await;
    store_at(&double).await.queries.order(order_id(1)).await.unwrap();
    let [login] = &double.logins()[..] else { panic!("one login") };
    assert_eq!((login.user.as_str(), login.password.as_str()), ("sa", "secret"));
    assert_eq!((login.database.as_str(), login.program.as_str()), ("shop", "seriatim"));
}

#[tokio::test]
async fn a_token_goes_instead_of_a_password_and_is_read_for_every_connection() {
    let double = Double::start(fine).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let (path, port) = (file.path().display(), double.port);
    let url = format!("mssql://127.0.0.1:{port}/shop?encrypt=off&token-file={path}");
    let store = open_first(&url).await;
    std::fs::write(file.path(), "first.token\n").unwrap();
    store.queries.order(order_id(1)).await.unwrap();
    std::fs::write(file.path(), "second.token\n").unwrap();
    store.projections.set_partitions("orders", 4).await.unwrap();
    let logins = double.logins();
    assert!(logins[0].user.is_empty() && logins[0].password.is_empty());
    assert!(logins[0].text.contains("first.token") && !logins[0].text.contains("second"));
    assert!(logins[1].text.contains("second.token"));
}

#[tokio::test]
async fn a_refused_login_is_a_matter_of_configuration() {
    let refuse = |_: &Login| Answer::Error(18_456, 14, "Login failed for user 'sa'.");
    let double = Double::start_with(Encryption::Nothing, refuse, fine).await;
    let store = store_at(&double).await;
    for error in [
        store.projections.migrate().await.unwrap_err(),
        store.queries.order(order_id(1)).await.unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
        assert!(error.to_string().contains("Login failed"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_starting_is_tried_again() {
    let refuse = |_: &Login| Answer::Error(18_401, 14, "Server is in script upgrade mode.");
    let double = Double::start_with(Encryption::Nothing, refuse, fine).await;
    let error = store_at(&double).await.queries.order(order_id(1)).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
}

type Encrypting = fn(TlsAcceptor) -> Encryption;

/// A server that speaks TLS as `encryption` says, and its certificate.
async fn secure_double(encryption: Encrypting) -> (Double, String) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(provider)
        // As SQL Server before TDS 8.0.
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"tds/8.0".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));
    let double = Double::start_with(encryption(tls), |_| Answer::rows([]), fine).await;
    (double, cert.pem())
}

#[tokio::test]
async fn encryption_asks_for_a_certificate_that_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    let usual: Encrypting = Encryption::Usual;
    for (encryption, asked) in [(usual, ""), (Encryption::Strict, "encrypt=strict&")] {
        let (double, certificate) = secure_double(encryption).await;
        std::fs::write(&authority, certificate).unwrap();
        let url = format!("mssql://sa:secret@localhost:{}/shop?{asked}", double.port);

        let store = open_first(&url).await;
        let error = store.queries.order(order_id(1)).await.unwrap_err();
        assert!(!matches!(error, StoreError::Refused(_)), "{error}");
        assert!(double.logins().is_empty(), "nobody was told the password");

        for trust in [format!("ca-file={}", authority.display()), "trust=anything".to_owned()] {
            let store = open_first(&(url.clone() + &trust)).await;
            store.queries.order(order_id(1)).await.unwrap();
        }
        assert_eq!(double.logins().len(), 2);
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_told_nothing() {
    let double = Double::start(fine).await;
    let url = double.url().replace("encrypt=off", "encrypt=required");
    let store = open_first(&url).await;
    store.queries.order(order_id(1)).await.unwrap_err();
    assert!(double.logins().is_empty(), "nobody was told the password");
}

#[tokio::test]
async fn parameters_arrive_as_they_were_given() {
    let double = Double::start(fine).await;
    let store = store_at(&double).await;
    let mut row = order(1);
    row.customer.name = "O'Neill 🦀 \u{202e}\"]".to_owned();
    row.total = order_domain::Money::from_minor(i64::MIN, order_domain::Currency::Eur);
    let id = row.order_id;
    store.projections.apply(&batch(vec![row])).await.unwrap();
    store.queries.order(id).await.unwrap();
    let asked = double.take_asked();
    let written = asked.iter().find(|asked| asked.sql.starts_with("insert into orders")).unwrap();
    assert_eq!(written.declared, "@P1 nvarchar(4000),@P2 nvarchar(4000),@P3 nvarchar(4000)");
    let [Given::Text(Some(orders)), _, _] = &written.values[..] else { panic!("{written}") };
    let orders: serde_json::Value = serde_json::from_str(orders).unwrap();
    assert_eq!(orders[0][11], "O'Neill 🦀 \u{202e}\"]");
    assert_eq!(orders[0][17], i64::MIN);
    let read = asked.iter().find(|asked| asked.sql.ends_with("from orders where order_id = @P1"));
    let read = read.unwrap();
    assert_eq!(
        (read.declared.as_str(), &read.values[..]),
        ("@P1 uniqueidentifier", &[Given::Id(id.0)][..])
    );
}

#[tokio::test]
async fn a_text_of_any_length_is_one_parameter() {
    let double = Double::start(fine).await;
    let store = store_at(&double).await;
    store.projections.apply(&batch((0..1_000).map(order).collect())).await.unwrap();
    let asked = double.take_asked();
    let written: Vec<_> =
        asked.iter().filter(|asked| asked.sql.starts_with("insert into orders")).collect();
    let [written] = &written[..] else { panic!("one statement for all orders") };
    assert_eq!(written.declared, "@P1 nvarchar(max),@P2 nvarchar(max),@P3 nvarchar(max)");
    let [Given::Text(Some(orders)), ..] = &written.values[..] else { panic!("rows as a text") };
    assert_eq!(serde_json::from_str::<Vec<serde_json::Value>>(orders).unwrap().len(), 1_000);
}

#[tokio::test]
async fn what_the_server_answers_is_read() {
    let double = Double::start(|asked| {
        let number = |number: i64| Cell::Number(Some(number));
        match asked.sql.as_str() {
            sql if sql.contains("from checkpoints") => {
                Answer::rows([vec![number(7), number(14), number(-1)]])
            }
            sql if sql.contains("from topics") => Answer::number(4),
            _ => fine(asked),
        }
    })
    .await;
    let store = store_at(&double).await;
    let checkpoint = Checkpoint {
        next: order_domain::Offset(7),
        source_next: order_domain::Offset(14),
        last: Some(order_domain::RecordMark(u64::MAX)),
    };
    assert_eq!(store.queries.projected(&stream(0)).await.unwrap(), checkpoint);
    assert_eq!(store.queries.partitions("order-events").await.unwrap(), Some(4));
}

#[tokio::test]
async fn an_error_of_the_server_says_what_to_do_and_ends_its_connection() {
    for (number, class, expected) in [
        (1205, 13, "unavailable"),
        (3960, 16, "unavailable"),
        (40_501, 20, "unavailable"),
        (547, 16, "refused"),
        (50_000, 16, "refused"),
        (208, 16, "configuration"),
    ] {
        let failing = Arc::new(AtomicBool::new(true));
        let still_failing = failing.clone();
        let double = Double::start(move |asked| {
            if asked.sql.contains("insert into orders") && still_failing.load(Ordering::SeqCst) {
                return Answer::Error(number, class, "it says why");
            }
            fine(asked)
        })
        .await;
        let store = store_at(&double).await;
        let error = store.projections.apply(&batch(vec![order(1)])).await.unwrap_err();
        let kind = match error {
            StoreError::Unavailable(_) => "unavailable",
            StoreError::Refused(_) => "refused",
            StoreError::Configuration(_) => "configuration",
            StoreError::CheckpointMoved(_) => "moved",
        };
        assert_eq!(kind, expected, "{number}: {error}");
        assert!(error.to_string().contains("it says why"), "{error}");
        failing.store(false, Ordering::SeqCst);
        store.projections.apply(&batch(vec![order(1)])).await.unwrap();
        assert_eq!(double.connections(), 2, "{number}: whose transaction was left open is closed");
    }
}

#[tokio::test]
async fn a_checkpoint_that_has_moved_writes_nothing() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.ends_with("select @@rowcount") => Answer::number(0),
        _ => fine(asked),
    })
    .await;
    let store = store_at(&double).await;
    let late = ProjectionBatch { moves: vec![step(0, 1, 2)], ..batch(vec![order(1)]) };
    let error = store.projections.apply(&late).await.unwrap_err();
    assert!(matches!(&error, StoreError::CheckpointMoved(moved) if *moved == stream(0)), "{error}");
    let asked = double.take_asked();
    assert!(!asked.iter().any(|asked| asked.sql.contains("insert into orders")));
    assert!(!asked.iter().any(|asked| asked.sql.starts_with("commit")));
}

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

#[tokio::test]
async fn a_database_that_may_not_be_changed_says_what_to_run() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.contains("from sys.databases") => {
            Answer::rows([[160, 0, 1].map(|number| Cell::Number(Some(number))).into()])
        }
        sql if sql.contains("sp_getapplock") => Answer::number(0),
        sql if sql.starts_with("alter database") => {
            Answer::Error(5011, 14, "User does not have permission to alter database 'shop'")
        }
        _ => fine(asked),
    })
    .await;
    let error = store_at(&double).await.projections.migrate().await.unwrap_err();
    let StoreError::Configuration(text) = &error else { panic!("{error}") };
    assert!(
        text.contains(
            "let an administrator run: alter database current set read_committed_snapshot on"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn an_old_database_is_refused() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.contains("from sys.databases") => {
            Answer::rows([[120, 1, 1].map(|number| Cell::Number(Some(number))).into()])
        }
        sql if sql.contains("sp_getapplock") => Answer::number(0),
        _ => fine(asked),
    })
    .await;
    let error = store_at(&double).await.projections.migrate().await.unwrap_err();
    assert!(matches!(&error, StoreError::Configuration(text) if text.contains("130")), "{error}");
}
