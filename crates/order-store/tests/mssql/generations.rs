//! Generations of the projection, each in a database of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use order_store::content::ContentTable;
use order_store::generations::Generation;

use crate::contract::rows::order_id;
use crate::double::{Answer, Asked, Cell, Double, Encryption, Login};
use crate::golden::sent;

fn text(text: &str) -> Cell {
    Cell::Text(Some(text.to_owned()))
}

#[tokio::test]
async fn what_is_said_of_generations() {
    let double = Double::start(|asked| match asked.sql.as_str() {
        sql if sql.contains("sp_getapplock") => Answer::number(0),
        sql if sql.contains("@@rowcount as bigint") => Answer::number(1),
        sql if sql.contains("from sys.indexes") => {
            Answer::rows([vec![text("orders_by_status"), text("orders")]])
        }
        sql if sql.contains("from sys.columns") => {
            Answer::rows([vec![text("venue")], vec![text("scale")]])
        }
        _ => Answer::rows([]),
    })
    .await;
    let generations = order_store::open_generations(&double.url()).unwrap();
    let lock = generations.lock().await.unwrap().expect("the lock is free");
    let second = generations.begin(&lock).await.unwrap();
    let opened = generations.open(second).await.unwrap();
    opened.load.begin_load().await.unwrap();
    opened.load.end_load().await.unwrap();
    let mut view = opened.store.content.view().await.unwrap();
    view.checkpoints().await.unwrap();
    view.parked().await.unwrap();
    let columns = view.columns(ContentTable::Assets).await.unwrap();
    view.summary(ContentTable::Assets, &columns).await.unwrap();
    generations.switch(&lock, second).await.unwrap();
    generations.remove(&lock, Generation::FIRST).await.unwrap();
    generations.remove(&lock, second).await.unwrap();
    insta::assert_snapshot!(sent(&double));
}

/// Others may be in a database for a moment longer, or make one at the same time.
#[tokio::test]
async fn a_database_that_is_in_use_is_dropped_a_moment_later() {
    let in_the_way = Arc::new(AtomicI64::new(2));
    let still_in_the_way = in_the_way.clone();
    let double = Double::start(move |asked| {
        let is_place = asked.sql.contains("db_id(");
        if is_place && still_in_the_way.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Answer::Error(3702, 16, "Cannot drop database because it is currently in use.");
        }
        match asked.sql.as_str() {
            sql if sql.contains("sp_getapplock") => Answer::number(0),
            sql if sql.contains("@@rowcount as bigint") => Answer::number(1),
            _ => Answer::rows([]),
        }
    })
    .await;
    let generations = order_store::open_generations(&double.url()).unwrap();
    let lock = generations.lock().await.unwrap().unwrap();
    generations.remove(&lock, Generation(2)).await.unwrap();
    assert!(in_the_way.load(Ordering::SeqCst) < 0, "it was tried until nobody was in the way");
}

/// Whoever still asks a generation whose database was dropped meanwhile asks the live one instead.
#[tokio::test]
async fn a_generation_whose_database_is_gone_is_left() {
    let live = Arc::new(AtomicI64::new(2));
    let (of_login, of_answer) = (live.clone(), live.clone());
    let admit = move |login: &Login| {
        if login.database == "shop_g2" && of_login.load(Ordering::SeqCst) == 3 {
            return Answer::Error(
                4060,
                11,
                "Cannot open database \"shop_g2\" requested by the login.",
            );
        }
        Answer::rows([])
    };
    let answer = move |asked: &Asked| {
        let live = of_answer.load(Ordering::SeqCst);
        match asked.sql.as_str() {
            // Whoever was put out of a database notices when a connection is tried out.
            "select 1" if live == 3 => Answer::Cut,
            sql if sql.contains("from projection_generations") => {
                let number = |number| Cell::Number(Some(number));
                Answer::rows([vec![number(live), text("live"), number(2)]])
            }
            _ => Answer::rows([]),
        }
    };
    let double = Double::start_with(Encryption::Nothing, admit, answer).await;
    let store = order_store::open(&double.url()).await.unwrap();
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), None);
    live.store(3, Ordering::SeqCst);
    assert_eq!(store.queries.order(order_id(1)).await.unwrap(), None);
    let databases: Vec<_> = double.logins().into_iter().map(|login| login.database).collect();
    assert!(databases.contains(&"shop_g3".to_owned()), "{databases:?}");
}
