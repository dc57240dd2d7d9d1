//! What the store says to a server, and what it makes of the answers: parameters, rows, errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use order_store::{Checkpoint, OrderStore, ProjectionBatch, StoreError};

use crate::contract::rows::{batch, order, step, stream};
use crate::double::{Answer, Asked, Cell, Double, Given};
use crate::server::open_first;

/// An answer to whatever a store asks that is fine with everything and empty.
pub fn fine(asked: &Asked) -> Answer {
    match asked.sql.as_str() {
        sql if sql.ends_with("select @@rowcount") => Answer::number(1),
        sql if sql.contains("Updateability") => {
            Answer::rows([vec![Cell::Text(Some("READ_WRITE".to_owned()))]])
        }
        _ => Answer::rows([]),
    }
}

pub async fn store_at(double: &Double) -> OrderStore {
    open_first(&double.url()).await
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
