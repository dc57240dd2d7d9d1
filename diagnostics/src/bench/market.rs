//! The market that is traded on, and its orders.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

/// Members that trade.
const MEMBERS: usize = 64;

/// Writes the market's seed: one instrument, and members with enough for a long run.
pub fn write_seed(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut seed = String::from(
        r#"[[instruments]]
symbol = "BTC-EUR"
base = { code = "BTC", scale = 8 }
quote = { code = "EUR", scale = 2 }
tickSize = "0.50"
lotSize = "0.02"
minimumNotional = "1"
makerFee = 10
takerFee = 25
"#,
    );
    for member in 0..MEMBERS {
        let deposits = "deposits = { BTC = \"10000000\", EUR = \"10000000000\" }";
        writeln!(seed, "[[accounts]]\naccount = \"member-{member}\"\n{deposits}")?;
    }
    let path = folder.join("seed.toml");
    std::fs::write(&path, seed)?;
    Ok(path)
}

/// The order of this number: sides in turn, around one price, so that most of them trade in the end.
pub fn order(number: usize) -> String {
    let spread = number * 13 % 17;
    let (side, price) =
        if number.is_multiple_of(2) { ("sell", 60_000 + spread) } else { ("buy", 60_016 - spread) };
    json!({
        "account": format!("member-{}", number % MEMBERS), "symbol": "BTC-EUR", "side": side,
        "type": "limit", "price": price.to_string(), "quantity": "0.02", "selfTrade": "allow"
    })
    .to_string()
}
