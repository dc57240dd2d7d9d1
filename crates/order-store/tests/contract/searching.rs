//! Search by customer: what is found, and that a text is never anything but a text.

use order_domain::{Offset, OrderId, Timestamp};
use order_store::{OrderRow, OrderStore, Page};

use super::TestDatabase;
use super::rows::{NEW_YEAR, batch, ids, named, order, order_id, page};

async fn found(store: &OrderStore, text: &str) -> Vec<OrderId> {
    ids(&store.queries.search_customers(text, page(100)).await.unwrap())
}

/// A store with four customers: orders 4 to 1, newest first.
async fn with_customers(database: &impl TestDatabase) -> OrderStore {
    let store = database.migrated().await;
    let rows = vec![
        named(1, "Zoë", "Müller-Großmann", "zoe.mueller@example.com"),
        named(2, "ZOE", "Smith", "zs100@example.org"),
        named(3, "José", "O'Neill", "jose+shop@mail.example.com"),
        named(4, "Юлия", "東京", "julia_100%@example.com"),
    ];
    store.projections.apply(&batch(rows)).await.unwrap();
    store
}

pub async fn words_are_found_whatever_case_and_accents(database: &impl TestDatabase) {
    let store = with_customers(database).await;
    for (text, numbers) in [
        ("zoe", vec![2, 1]),
        ("Zoë", vec![2, 1]),
        ("ZO", vec![2, 1]),
        ("z", vec![2, 1]),
        ("muller", vec![1]),
        ("MÜLLER", vec![1]),
        ("GROSSMANN", vec![1]),
        ("großmann", vec![1]),
        ("mueller", vec![1]),
        ("jose", vec![3]),
        ("neill", vec![3]),
        ("O'Neill", vec![3]),
        ("юлия", vec![4]),
        ("ЮЛ", vec![4]),
        ("東", vec![4]),
        ("example", vec![4, 3, 2, 1]),
        ("examples", vec![]),
        ("oe", vec![]),
    ] {
        let expected: Vec<_> = numbers.into_iter().map(order_id).collect();
        assert_eq!(found(&store, text).await, expected, "{text}");
    }
}

pub async fn every_word_must_be_there(database: &impl TestDatabase) {
    let store = with_customers(database).await;
    assert_eq!(found(&store, "zoe smith").await, [order_id(2)]);
    assert_eq!(found(&store, "smi zo").await, [order_id(2)]);
    assert_eq!(found(&store, "zoe neill").await, []);
    assert_eq!(found(&store, "jose+shop@mail.example.com").await, [order_id(3)]);
    assert_eq!(found(&store, "example.com z mu").await, [order_id(1)]);
}

pub async fn a_text_without_words_finds_nothing(database: &impl TestDatabase) {
    let store = with_customers(database).await;
    for text in ["", " ", "\t\n", "%", "_", "*", "\"", "\"\"", "''", "--", "()", "&|!:", "\u{301}"]
    {
        assert_eq!(found(&store, text).await, [], "{text:?}");
    }
}

pub async fn syntax_is_text(database: &impl TestDatabase) {
    let store = with_customers(database).await;
    for (text, numbers) in [
        ("100%", vec![4]),
        ("_100%", vec![4]),
        ("zoe OR jose", vec![]),
        ("zoe NOT smith", vec![]),
        ("zoe -smith", vec![2]),
        ("zoe & !smith", vec![2]),
        ("words:zoe", vec![]),
        ("^zoe", vec![2, 1]),
        ("zoe*", vec![2, 1]),
        ("\"zoe\"", vec![2, 1]),
        ("{zoe}", vec![2, 1]),
        ("NEAR(zoe smith)", vec![]),
        ("'zoe':*A", vec![]),
        ("zoe:*", vec![2, 1]),
        ("zoe | jose", vec![]),
        ("zoe <-> smith", vec![2]),
        ("zoe%", vec![2, 1]),
        ("m_ller", vec![]),
        ("+zoe* -smith", vec![2]),
        (">zoe <smith", vec![2]),
        ("(zoe jose)", vec![]),
        ("\"zoe smith\" @4", vec![]),
        ("~zoe", vec![2, 1]),
        ("zoe\\%", vec![2, 1]),
        ("%zoe%", vec![2, 1]),
        ("[z]oe", vec![]),
    ] {
        let expected: Vec<_> = numbers.into_iter().map(order_id).collect();
        assert_eq!(found(&store, text).await, expected, "{text}");
    }
}

pub async fn odd_texts_do_no_harm(database: &impl TestDatabase) {
    let store = with_customers(database).await;
    let long = "x".repeat(10_000);
    let many = "zoe ".repeat(10_000);
    for text in [
        "'; drop table orders; --",
        "\"; delete from orders; --",
        "') or 1=1 --",
        "\\'; select pg_sleep(10); --",
        "$$; drop table orders; $$",
        "zoe\0smith",
        "\u{0}",
        "\u{feff}\u{202e}\u{200d}",
        "🦀",
        "क्षि",
        "한국어",
        "ﷺ",
        "AND",
        "OR",
        "NOT",
        "NEAR",
        "\\",
        "a'b\"c`d",
        "' union select * from orders #",
        "zoe'; waitfor delay '0:0:10' --",
        "1; exec xp_cmdshell('true')",
        "/*!50000 drop table orders */",
        "\\' or sleep(10) #",
        "char(39)||char(59)",
        "$1 ? :name @P1 {0} %s",
        "0x27 0b1 1e9 NULL",
        "\u{2019}; drop table orders",
        "%c0%a7 or 1=1",
        &long,
        &many,
    ] {
        found(&store, text).await;
    }
    assert_eq!(found(&store, &many).await, [order_id(2), order_id(1)]);
    assert_eq!(database.count("orders").await, 4);
}

pub async fn hits_come_in_pages_newest_first(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<OrderRow> = (0..90)
        .map(|number| {
            let name = if number % 3 == 0 { "Grace" } else { "Ada" };
            OrderRow {
                // Ten orders at every moment.
                placed_at: Timestamp(NEW_YEAR + i64::try_from(number / 10).unwrap() * 5),
                ..named(number, name, "Hopper", "x@example.com")
            }
        })
        .collect();
    for part in rows.chunks(17) {
        store.projections.apply(&batch(part.to_vec())).await.unwrap();
    }
    for (text, name) in [("grace", Some("Grace")), ("hop", None), ("ex ad", Some("Ada"))] {
        let mut expected: Vec<_> = rows
            .iter()
            .filter(|row| name.is_none_or(|name| row.customer.name == name))
            .cloned()
            .collect();
        expected.sort_by_key(|row| std::cmp::Reverse(row.cursor_key()));
        for limit in [1, 7, 100] {
            let mut all: Vec<OrderRow> = Vec::new();
            loop {
                let after = all.last().map(OrderRow::cursor);
                let hits = store.queries.search_customers(text, Page { limit, after }).await;
                let mut hits = hits.unwrap();
                assert!(hits.len() <= limit as usize);
                if hits.is_empty() {
                    break;
                }
                all.append(&mut hits);
            }
            assert_eq!(ids(&all), ids(&expected), "{text} by {limit}");
        }
    }
}

pub async fn hits_stay_stable_while_orders_arrive(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let rows: Vec<_> = (0..20).map(order).collect();
    store.projections.apply(&batch(rows)).await.unwrap();
    let mut seen: Vec<OrderRow> = Vec::new();
    let mut arriving = 100;
    loop {
        let after = seen.last().map(OrderRow::cursor);
        let hits = store.queries.search_customers("ada love", Page { limit: 3, after }).await;
        let mut hits = hits.unwrap();
        if hits.is_empty() {
            break;
        }
        seen.append(&mut hits);
        store.projections.apply(&batch(vec![order(arriving)])).await.unwrap();
        arriving += 1;
    }
    let newest_first: Vec<_> = (0..20).rev().map(order_id).collect();
    assert_eq!(ids(&seen), newest_first);
}

trait CursorKey {
    fn cursor_key(&self) -> (Timestamp, OrderId);
}

impl CursorKey for OrderRow {
    fn cursor_key(&self) -> (Timestamp, OrderId) {
        (self.placed_at, self.order_id)
    }
}

pub async fn a_replaced_row_is_found_by_its_new_words_only(database: &impl TestDatabase) {
    let store = database.migrated().await;
    store.projections.apply(&batch(vec![order(1), order(2)])).await.unwrap();
    let mut renamed = named(1, "Augusta", "King", "countess@example.com");
    renamed.source.offset = Offset(9);
    store.projections.apply(&batch(vec![renamed.clone()])).await.unwrap();
    assert_eq!(found(&store, "ada").await, [order_id(2)]);
    assert_eq!(found(&store, "augusta").await, [order_id(1)]);
    assert_eq!(found(&store, "example").await, [order_id(2), order_id(1)]);
    let older = order(1);
    store.projections.apply(&batch(vec![older])).await.unwrap();
    assert_eq!(found(&store, "king").await, [order_id(1)]);
}

pub async fn old_and_rare_hits_are_found(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut rows: Vec<OrderRow> =
        (10..6_010).map(|number| OrderRow { items: Vec::new(), ..order(number) }).collect();
    rows.push(named(1, "Grace", "Hopper", "grace@example.com"));
    rows.push(named(2, "Grace", "Kelly", "kelly@example.com"));
    store.projections.apply(&batch(rows)).await.unwrap();
    assert_eq!(found(&store, "grace").await, [order_id(2), order_id(1)]);
    assert_eq!(found(&store, "grace hop").await, [order_id(1)]);
    assert_eq!(found(&store, "nobody").await, []);
    let behind = Page { limit: 5, after: Some(order(2).cursor()) };
    let hits = store.queries.search_customers("grace", behind).await.unwrap();
    assert_eq!(ids(&hits), [order_id(1)]);
}

/// Whichever of the two the adapter looks for first.
pub async fn of_a_common_and_a_rare_word_both_must_be_there(database: &impl TestDatabase) {
    let store = database.migrated().await;
    let mut rows: Vec<OrderRow> =
        (10..6_010).map(|number| OrderRow { items: Vec::new(), ..order(number) }).collect();
    rows.push(named(1, "Ada", "Hopper", "grace.grace2@example.com"));
    rows.push(named(2, "Grace", "Kelly", "kelly@example.org"));
    store.projections.apply(&batch(rows)).await.unwrap();
    for text in ["ada hop", "hop ada", "com grace", "grace com exam"] {
        assert_eq!(found(&store, text).await, [order_id(1)], "{text}");
    }
    assert_eq!(found(&store, "kelly ada").await, []);
    assert_eq!(found(&store, "gr").await, [order_id(2), order_id(1)]);
}
