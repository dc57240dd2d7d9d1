//! Requests and what they are answered with.

use crate::client::{Client, Exchange, transcript};
use crate::double::Double;
use crate::rows::assorted;
use crate::stores::Sqlite;

const ACCEPTED: &str = "/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000001";
const REJECTED: &str = "/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000002";
const AMENDED: &str = "/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000003";
const NOBODYS: &str = "/api/Orders/0199f6f2-8e5c-7c3a-9d1e-000000000099";

const REQUESTS: &[Exchange<'static>] = &[
    ("GET", ACCEPTED, &[]),
    ("GET", REJECTED, &[]),
    ("GET", AMENDED, &[("If-None-Match", "\"1\", \"2\"")]),
    ("GET", AMENDED, &[("If-None-Match", "\"2\", W/\"3\"")]),
    ("GET", AMENDED, &[("If-None-Match", "*")]),
    ("HEAD", ACCEPTED, &[]),
    ("GET", NOBODYS, &[]),
    ("GET", "/api/Orders/17", &[]),
    ("GET", "/api/Orders/0199f6f28e5c7c3a9d1e000000000001", &[]),
    ("GET", "/api/Orders/%FF", &[]),
    ("GET", "/api/Orders?limit=1", &[]),
    ("GET", "/api/Orders?limit=2&status=accepted", &[]),
    ("GET", "/api/Orders?status=rejected", &[]),
    ("GET", "/api/Orders?customerId=8&limit=500", &[]),
    ("GET", "/api/Orders?customerId=18446744073709551615", &[]),
    ("GET", "/api/Orders?limit=0", &[]),
    ("GET", "/api/Orders?limit=501", &[]),
    ("GET", "/api/Orders?limit=ten", &[]),
    ("GET", "/api/Orders?limit=1&limit=2", &[]),
    ("GET", "/api/Orders?after=yesterday", &[]),
    ("GET", "/api/Orders?status=Accepted", &[]),
    ("GET", "/api/Orders?customerId=-1", &[]),
    ("GET", "/api/Orders?customer=8", &[]),
    ("GET", "/api/Orders/customerSearch/zoe?limit=1", &[]),
    ("GET", "/api/Orders/customerSearch/zoe?status=accepted", &[]),
    ("GET", "/api/Orders/customerSearch/%FF", &[]),
    ("GET", ACCEPTED, &[("Seriatim-Position", "0")]),
    ("POST", "/api/Orders", &[]),
    ("DELETE", ACCEPTED, &[]),
    ("GET", "/api/orders", &[]),
    ("GET", "/api/Orders/", &[]),
    ("GET", "/api/Orders/customerSearch/", &[]),
];

#[tokio::test]
async fn every_request_has_its_answer_over_the_double() {
    let client = Client::new(Double::new(assorted()));
    insta::assert_snapshot!("answers", transcript(&client, REQUESTS).await);
}

#[tokio::test]
async fn every_request_has_the_same_answer_over_sqlite() {
    let store = Sqlite::new(assorted()).await;
    insta::assert_snapshot!("answers", transcript(&store.client(), REQUESTS).await);
}

/// A text as a path has it, and the orders that it finds, newest first.
const SEARCHES: &[(&str, &[u32])] = &[
    ("ada", &[1]),
    ("ADA%20love", &[1]),
    ("love+ada", &[1]),
    ("zoe", &[2]),
    ("ZO%C3%8B%20m%C3%BCl", &[2]),
    ("angstrom%20muller", &[2]),
    ("O'Brien", &[3]),
    ("100%25_", &[3]),
    ("%22q%22", &[3]),
    ("%CE%95%CE%9B%CE%95%CE%9D%CE%97", &[4]),
    ("%CF%80%CE%B1%CF%80%CF%80%CE%B1%2Fs%C3%B6hne", &[4]),
    ("example", &[4, 3, 2, 1]),
    ("xample", &[]),
    ("ada%20zoe", &[]),
    ("ada%20OR%20zoe", &[]),
    ("ad*", &[1]),
    ("*da", &[]),
    ("%25", &[]),
    ("_", &[]),
    ("%22", &[]),
    ("'", &[]),
    ("%00", &[]),
    ("%F0%9F%8D%B5", &[]),
    ("name:ada", &[]),
    ("%22%29%3B%20DROP%20TABLE%20orders%3B--", &[]),
];

async fn search(client: &Client) {
    for (text, numbers) in SEARCHES {
        let answer = client.get(&format!("/api/Orders/customerSearch/{text}")).await;
        assert_eq!(answer.status, 200, "{text}");
        let ids: Vec<String> =
            numbers.iter().map(|&n| crate::rows::id(n.into()).to_string()).collect();
        assert_eq!(answer.ids(), ids, "{text}");
    }
}

#[tokio::test]
async fn text_is_data_over_the_double() {
    search(&Client::new(Double::new(assorted()))).await;
}

#[tokio::test]
async fn text_is_data_over_sqlite() {
    search(&Sqlite::new(assorted()).await.client()).await;
}

#[tokio::test]
async fn a_text_longer_than_the_bound_is_refused() {
    let client = Client::new(Double::new(assorted()));
    let path = |length| format!("/api/Orders/customerSearch/{}", "a".repeat(length));
    assert_eq!(client.get(&path(256)).await.status, 200);
    let refused = client.get(&path(257)).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["parameter"], "text");
}

#[tokio::test]
async fn pages_of_a_search_lead_to_one_another_whatever_the_text() {
    let client = Client::new(Double::new(assorted()));
    let first = client.get("/api/Orders/customerSearch/example%2F%22?limit=3").await;
    let next = first.next().unwrap();
    assert!(next.starts_with("/api/Orders/customerSearch/example%2F%22?limit=3&after="), "{next}");
    let second = client.get(&next).await;
    assert_eq!(second.ids(), [crate::rows::id(1).to_string()]);
    assert_eq!(second.next(), None);
}
