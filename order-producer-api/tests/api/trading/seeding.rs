//! A seed is sown at every start, and changes nothing a second time.

use std::path::PathBuf;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use event_log::topics::ORDER_EVENTS;
use order_domain::trading::{RefusalReason, TradingEvent};
use order_domain::{Decision, Event};
use serde_json::{Value, json};
use service_kit::health::Health;
use tower::ServiceExt as _;

use super::market::{Market, WAIT, limit};
use crate::memory_log::MemoryLog;
use crate::shop::Shop;

const SEED: &str = r#"
    [[instruments]]
    symbol = "BTC-EUR"
    base = { code = "BTC", scale = 8 }
    quote = { code = "EUR", scale = 2 }
    tickSize = "1"
    lotSize = "0.01"
    minimumNotional = "10"
    makerFee = 10
    takerFee = 25

    [[accounts]]
    account = "ada"
    deposits = { EUR = "1000.50", BTC = "2" }

    [[accounts]]
    account = "bob"
    deposits = { BTC = "3" }
"#;

/// How many commands the seed is.
const COMMANDS: usize = 6;

struct File(tempfile::TempDir);

impl File {
    fn of(text: &str) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("seed.toml")
    }

    /// A copy of the producer that has this seed.
    fn producer(&self, log: &Arc<MemoryLog>) -> Shop {
        let path = self.path().display().to_string();
        Shop::over(log.clone(), [("SERIATIM_TRADING__SEED".to_owned(), path)])
    }
}

fn log() -> Arc<MemoryLog> {
    Arc::new(MemoryLog::new())
}

/// Everything that happened on the market.
fn events(log: &MemoryLog) -> Vec<TradingEvent> {
    let decisions = log.all(&ORDER_EVENTS);
    let events =
        decisions.iter().flat_map(|record| Decision::from_json(&record.payload).unwrap().events);
    events
        .filter_map(|event| match event {
            Event::Trading(event) => Some(event),
            _ => None,
        })
        .collect()
}

fn deposits(log: &MemoryLog) -> usize {
    let changed = |event: &&TradingEvent| matches!(event, TradingEvent::BalanceChanged(_));
    events(log).iter().filter(changed).count()
}

#[tokio::test]
async fn a_seeded_market_trades() {
    let (file, log) = (File::of(SEED), log());
    let market = Market::of(file.producer(&log));
    market.api.seed_market().await.unwrap();
    assert_eq!(market.asked().len(), COMMANDS);
    market.placed(&limit("bob", "sell", "1", "500")).await;
    let answer = market.place(&limit("ada", "buy", "1", "500")).await;
    assert_eq!(answer.body["status"], "executed", "{answer:?}");
    assert_eq!(market.has("ada", "BTC").await.0, "3");
}

#[tokio::test]
async fn a_restart_and_further_copies_change_nothing() {
    let (file, log) = (File::of(SEED), log());
    let market = Market::of(file.producer(&log));
    market.api.seed_market().await.unwrap();
    assert_eq!(deposits(&log), 3);
    let copies = [file.producer(&log), file.producer(&log)];
    for copy in &copies {
        copy.api.seed_market().await.unwrap();
    }
    let asked = market.asked();
    assert_eq!(asked.len(), 3 * COMMANDS);
    assert!((0..COMMANDS).all(|n| asked[n].command_id == asked[n + COMMANDS].command_id));
    assert_eq!(deposits(&log), 3);
    assert_eq!(market.has("ada", "EUR").await, ("1000.5".into(), "0".into()));
}

#[tokio::test]
async fn an_engine_that_has_forgotten_the_seed_takes_no_deposit_twice() {
    let (file, log) = (File::of(SEED), log());
    let market = Market::forgetful(file.producer(&log));
    market.api.seed_market().await.unwrap();
    // Whatever became of it: spent, or paid out to the last.
    let all = json!({ "asset": "BTC", "amount": "3" });
    let paid_out = market.post("/accounts/bob/withdrawals", &all, &[WAIT]).await;
    assert_eq!(paid_out.status, 200, "{paid_out:?}");
    market.placed(&limit("ada", "buy", "1", "500")).await;
    let before = deposits(&log);
    file.producer(&log).api.seed_market().await.unwrap();
    assert_eq!(deposits(&log), before);
    let repeated = |event: &TradingEvent| matches!(event, TradingEvent::CommandRepeated(_));
    assert!(!events(&log).iter().any(repeated), "nothing of it was remembered");
}

#[tokio::test]
async fn what_is_added_to_a_seed_is_added_and_what_was_refused_is_tried_anew() {
    let (first, log) = (File::of(SEED), log());
    let mut seed = SEED.replace("BTC = \"2\"", "BTC = \"2\", ETH = \"7\"");
    let refused = File::of(&seed);
    let market = Market::of(first.producer(&log));
    market.api.seed_market().await.unwrap();
    refused.producer(&log).api.seed_market().await.unwrap();
    let reasons: Vec<_> = events(&log)
        .into_iter()
        .filter_map(|event| match event {
            TradingEvent::CommandRefused(refused) => Some(refused.reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons, [RefusalReason::UnknownAsset]);

    seed.push_str(
        r#"
        [[instruments]]
        symbol = "ETH-EUR"
        base = { code = "ETH", scale = 8 }
        quote = { code = "EUR", scale = 2 }
        tickSize = "1"
        lotSize = "0.01"
        minimumNotional = "10"
        makerFee = 10
        takerFee = 25
        "#,
    );
    File::of(&seed).producer(&log).api.seed_market().await.unwrap();
    let funds = json!({ "asset": "ETH", "amount": "7" });
    let answer = market.post("/accounts/ada/withdrawals", &funds, &[WAIT]).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(market.has("ada", "EUR").await.0, "1000.5");
}

#[tokio::test(start_paused = true)]
async fn without_an_engine_the_start_goes_on_and_the_seed_is_on_the_log() {
    let (file, log) = (File::of(SEED), log());
    let shop = file.producer(&log);
    let begin = tokio::time::Instant::now();
    // Nobody decides: whether it is there in time is not told.
    let _ = shop.api.seed_market().await;
    assert!(begin.elapsed().as_secs() <= 5);
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(Market::without_engine(shop).asked().len(), COMMANDS);
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_away_is_waited_for_in_the_background() {
    let (file, log) = (File::of(SEED), log());
    log.set(crate::memory_log::Mode::Fails(|| event_log::LogError::Unavailable(String::new())));
    let market = Market::of(file.producer(&log));
    let health = Health::default();
    market.api.register_seed_check(&health);
    market.api.seed_market().await.unwrap_err();
    assert!(market.asked().is_empty());
    let (status, report) = readiness(&health).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(report["checks"][0]["detail"], "the market's seed is not on the log yet");
    log.set(crate::memory_log::Mode::Works);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(market.asked().len(), COMMANDS);
    assert_eq!(readiness(&health).await.0, StatusCode::OK);
}

async fn readiness(health: &Health) -> (StatusCode, Value) {
    let request = Request::get("/readyz").body(Body::empty()).unwrap();
    let response = health.router().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[test]
fn a_file_that_is_no_seed_is_told_at_the_start() {
    let load = |path: &str| {
        let variables = [("SERIATIM_TRADING__SEED".to_owned(), path.to_owned())];
        let settings = service_kit::config::Settings::load_with(
            &service_kit::config::CommonArgs::default(),
            "127.0.0.1:0",
            variables,
        );
        let stop = tokio_util::sync::CancellationToken::new();
        let api = order_producer_api::ProducerApi::new(log(), &settings.unwrap(), stop);
        api.err().unwrap().to_string()
    };
    let missing = load("/nowhere/seed.toml");
    assert!(
        missing.starts_with("setting \"trading.seed\": /nowhere/seed.toml: No such"),
        "{missing}"
    );
    let wrong = File::of("[[accounts]]\nacount = \"ada\"");
    let told = load(&wrong.path().display().to_string());
    assert!(told.contains("accounts[0].acount: unknown field"), "{told}");
}
