//! The market that made-up orders are traded on.

use http1_client::{Client, Connection, Keep};
use serde_json::{Value, json};
use service_kit::exit::Usage;

use super::mix::{ACCOUNTS, SYMBOLS, account, symbol_of};
use super::source::Outfit;

/// How long the market may take for each step, in seconds.
const WAIT: &str = "wait=30";
/// What every account has of each base asset; paid in once.
const BASE_DEPOSIT: &str = "10000000";
/// And of the quote asset.
const QUOTE_DEPOSIT: &str = "10000000000";
/// Of the instruments: an asset of this load alone, so that none of the deployment's own is meant.
const QUOTE: &str = "LOADQ";

/// Lists what is not listed, opens what is not open, and pays in what was not. A second load finds all
/// of it and changes nothing.
pub(super) async fn set_up(client: &Client) -> anyhow::Result<()> {
    let mut market = Market { client, connection: None };
    for number in 0..SYMBOLS {
        market.ask("/api/v3/instruments", None, &instrument(number)).await?;
    }
    for number in 0..ACCOUNTS {
        let account = account(number);
        market.ask("/api/v3/accounts", None, &json!({ "account": account })).await?;
        let path = format!("/api/v3/accounts/{account}/deposits");
        let bases = (0..SYMBOLS).map(|number| (base(number), BASE_DEPOSIT));
        for (asset, amount) in bases.chain([(QUOTE.to_owned(), QUOTE_DEPOSIT)]) {
            let key = format!("seriatim-load-{asset}");
            let funds = json!({ "asset": asset, "amount": amount });
            market.ask(&path, Some(&key), &funds).await?;
        }
    }
    Ok(())
}

/// One request after the other, over one connection.
struct Market<'a> {
    client: &'a Client,
    connection: Option<Connection>,
}

impl Market<'_> {
    async fn ask(&mut self, path: &str, key: Option<&str>, body: &Value) -> anyhow::Result<()> {
        let body = body.to_string();
        let outfit = Outfit::bare(self.client.target().clone());
        let mut wire = outfit.begin("POST", path, body.len())?;
        wire.recorded("content-type", "application/json")?;
        wire.recorded("prefer", WAIT)?;
        if let Some(key) = key {
            wire.recorded("idempotency-key", key)?;
        }
        let request = wire.end(body.as_bytes());
        let refused = |reason: String| {
            Usage::new(format!("the market can't be set up: POST {path}: {reason}"))
        };
        let exchanged = self.client.exchange(&request, Keep::All, self.connection.take()).await;
        self.connection = exchanged.connection;
        let answer = exchanged.result.map_err(|failure| refused(failure.to_string()))?;
        if answer.status == 200 || answer.status == 201 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        Err(refused(format!("status {}: {text}", answer.status)).into())
    }
}

fn base(number: usize) -> String {
    format!("LOAD{number}")
}

fn instrument(number: usize) -> Value {
    json!({
        "symbol": symbol_of(number),
        "base": { "code": base(number), "scale": 8 },
        "quote": { "code": QUOTE, "scale": 2 },
        "tickSize": "0.50", "lotSize": "0.02", "minimumNotional": "1",
        "makerFee": 10, "takerFee": 25
    })
}
