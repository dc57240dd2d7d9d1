//! A seed's file, and the commands that it stands for.

use std::collections::BTreeMap;
use std::path::Path;

use order_domain::trading::{AccountId, AssetCode, Request, command};
use order_domain::{Decimal, IdempotencyKey};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::json::objects;
use crate::trading::list_instrument::ListInstrument;

/// Made from the requests of a seed, to tell one seed from another. It never changes.
const NAMESPACE: Uuid = Uuid::from_u128(0x5e71_a71a_0000_5000_8000_5e71_a71a_0003);

/// What a market has from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    requests: Vec<Request>,
    digest: Uuid,
}

/// Why a file is no seed.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// It can't be read.
    #[error("{0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no TOML.
    #[error("line {line}: {cause}")]
    NoToml {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        cause: String,
    },
    /// A number with a point: it would become a float, and lose digits.
    #[error("{0} is written in quotes, digit by digit")]
    Float(serde_json::Number),
    /// Something is missing or wrong.
    #[error("{0}")]
    Content(#[from] serde_path_to_error::Error<serde_json::Error>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, deserialize_with = "objects")]
    instruments: Vec<ListInstrument>,
    #[serde(default, deserialize_with = "objects")]
    accounts: Vec<FundedAccount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FundedAccount {
    account: AccountId,
    #[serde(default)]
    deposits: BTreeMap<AssetCode, Decimal>,
}

impl Seed {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        std::fs::read_to_string(path)?.parse()
    }

    /// What is asked of the market, in order, each with its key.
    pub(super) fn commands(&self) -> impl Iterator<Item = (IdempotencyKey, Request)> {
        self.requests.iter().enumerate().map(|(number, request)| {
            let key = format!("seed/{}/{number}", self.digest);
            (IdempotencyKey::new(key).expect("visible ASCII"), request.clone())
        })
    }

    fn new(requests: Vec<Request>) -> Self {
        let content = serde_json::to_vec(&requests).expect("requests are plain data");
        Self { requests, digest: Uuid::new_v5(&NAMESPACE, &content) }
    }
}

impl std::str::FromStr for Seed {
    type Err = SeedError;

    /// Reads TOML. The amounts must not become floats on the way, which TOML's numbers with a point are;
    /// so everything passes through JSON, where they are texts.
    fn from_str(text: &str) -> Result<Self, SeedError> {
        let value: Value = toml::from_str(text).map_err(|error| no_toml(text, &error))?;
        if let Some(float) = float_in(&value) {
            return Err(SeedError::Float(float));
        }
        let json = value.to_string();
        let mut json = serde_json::Deserializer::from_str(&json);
        let file: File = serde_path_to_error::deserialize(&mut json)?;
        Ok(Self::new(file.into_requests()))
    }
}

impl File {
    fn into_requests(self) -> Vec<Request> {
        let instruments = self.instruments.into_iter().map(ListInstrument::into_request);
        let accounts = self.accounts.into_iter().flat_map(FundedAccount::into_requests);
        instruments.chain(accounts).collect()
    }
}

impl FundedAccount {
    fn into_requests(self) -> impl Iterator<Item = Request> {
        let Self { account, deposits } = self;
        let open = Request::OpenAccount(command::OpenAccount { account: account.clone() });
        let deposits = deposits.into_iter().map(move |(asset, amount)| {
            let account = account.clone();
            Request::Deposit(command::Deposit { account, asset, amount, if_first: true })
        });
        std::iter::once(open).chain(deposits)
    }
}

fn no_toml(text: &str, error: &toml::de::Error) -> SeedError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.lines().count().max(1);
    SeedError::NoToml { line, cause: error.message().to_owned() }
}

fn float_in(value: &Value) -> Option<serde_json::Number> {
    match value {
        Value::Number(number) => number.is_f64().then(|| number.clone()),
        Value::Array(values) => values.iter().find_map(float_in),
        Value::Object(members) => members.values().find_map(float_in),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../../setup/seed.example.toml");

    fn types(seed: &Seed) -> Vec<&'static str> {
        seed.requests.iter().map(Request::type_name).collect()
    }

    fn refused(text: &str) -> String {
        text.parse::<Seed>().unwrap_err().to_string()
    }

    #[test]
    fn the_example_has_two_instruments_and_two_funded_accounts() {
        let seed: Seed = EXAMPLE.parse().unwrap();
        let (list, open, deposit) =
            ("trading.ListInstrument", "trading.OpenAccount", "trading.Deposit");
        let expected = [list, list, open, deposit, deposit, open, deposit, deposit];
        assert_eq!(types(&seed), expected);
    }

    #[test]
    fn every_seeded_deposit_is_only_a_first_one() {
        let seed: Seed = EXAMPLE.parse().unwrap();
        let deposits = seed.requests.iter().filter_map(|request| match request {
            Request::Deposit(deposit) => Some(deposit),
            _ => None,
        });
        assert!(deposits.into_iter().all(|deposit| deposit.if_first));
    }

    #[test]
    fn keys_follow_from_what_the_seed_says_and_not_from_how() {
        let keys = |text: &str| {
            let seed: Seed = text.parse().unwrap();
            seed.commands().map(|(key, _)| key).collect::<Vec<_>>()
        };
        let plain = "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = \"10\" }";
        let other_words = "# Ada's\n[[accounts]]\naccount = 'ada'\ndeposits.EUR = \"10.00\"";
        let other_amount = "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = \"11\" }";
        assert_eq!(keys(plain).len(), 2);
        assert_eq!(keys(plain), keys(other_words));
        assert_ne!(keys(plain)[0], keys(other_amount)[0]);
    }

    #[test]
    fn an_empty_seed_asks_for_nothing() {
        assert_eq!(types(&"".parse().unwrap()), [""; 0]);
    }

    #[test]
    fn what_is_no_seed_is_told_with_its_place() {
        for (text, expected) in [
            ("\n\n[[accounts]\n", "line 3: "),
            ("[[acounts]]\naccount = \"ada\"", "unknown field `acounts`"),
            ("[[accounts]]\naccount = \"a b\"", "accounts[0].account: an account is 1 to 64"),
            (
                "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = 0.1 }",
                "0.1 is written in quotes",
            ),
            (
                "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = \"x\" }",
                "deposits.EUR: expected a",
            ),
            ("[[instruments]]\nsymbol = \"BTC-EUR\"", "missing field `base`"),
        ] {
            let told = refused(text);
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn a_whole_number_needs_no_quotes() {
        let seed: Seed =
            "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = 10 }".parse().unwrap();
        assert_eq!(types(&seed), ["trading.OpenAccount", "trading.Deposit"]);
    }
}
