//! A seed's file, and the commands that it stands for.

use std::collections::BTreeMap;
use std::path::Path;

use order_domain::trading::{AccountId, AssetCode, Request, command};
use order_domain::{Decimal, IdempotencyKey};
use serde::Deserialize;
use uuid::Uuid;

use super::text::Text;
use crate::json::objects;
use crate::trading::list_instrument::ListInstrument;
use crate::trading::path::new_name;

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
    /// It is no TOML, or something is missing or wrong.
    #[error("line {line}: {cause}")]
    Wrong {
        /// Counted from 1.
        line: usize,
        /// What is wrong there.
        cause: String,
    },
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
    #[serde(deserialize_with = "new_name")]
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

    /// Reads TOML. The amounts must not become floats on the way; so everything passes through JSON, where
    /// they are texts.
    fn from_str(text: &str) -> Result<Self, SeedError> {
        let text = Text::parse(text)?;
        let json = text.value()?.to_string();
        let mut json = serde_json::Deserializer::from_str(&json);
        let file: Result<File, _> = serde_path_to_error::deserialize(&mut json);
        let file = file.map_err(|error| text.wrong_at(error.path(), cause(&error)))?;
        Ok(Self::new(file.into_requests()))
    }
}

/// What is wrong, and with what. The line and column that the error tells are those of the JSON.
fn cause(error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let of_the_json =
        format!(" at line {} column {}", error.inner().line(), error.inner().column());
    let cause = error.to_string();
    cause.strip_suffix(&of_the_json).unwrap_or(&cause).to_owned()
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
            ("\n[[acounts]]\naccount = \"ada\"", "line 2: acounts: unknown field `acounts`"),
            (
                "[[accounts]]\naccount = \"a b\"",
                "line 2: accounts[0].account: an account is 1 to 64 of a-z, A-Z, 0-9, '-', '_' and '.'",
            ),
            (
                "[[accounts]]\naccount = \"ada\"\n\n[[accounts]]\naccount = \"..\"",
                "line 5: accounts[1].account: no name is '.' or '..'",
            ),
            (
                "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = 0.1 }",
                "line 3: 0.1 is written in quotes",
            ),
            (
                "[[accounts]]\naccount = \"ada\"\n[accounts.deposits]\nEUR = \"x\"",
                "line 4: accounts[0].deposits.EUR: expected a",
            ),
            (
                "# BTC\n[[instruments]]\nsymbol = \"BTC-EUR\"",
                "line 2: instruments[0]: missing field `base`",
            ),
        ] {
            let told = refused(text);
            assert!(told.starts_with(expected), "{told}");
            assert!(!told.contains("column"), "{told}");
        }
    }

    #[test]
    fn a_whole_number_needs_no_quotes() {
        let seed: Seed =
            "[[accounts]]\naccount = \"ada\"\ndeposits = { EUR = 10 }".parse().unwrap();
        assert_eq!(types(&seed), ["trading.OpenAccount", "trading.Deposit"]);
    }
}
