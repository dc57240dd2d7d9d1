//! An account and what it has.

use order_domain::trading::AccountId;
use serde::{Deserialize, Serialize};

use super::registry::{AccountKey, AssetKey, Named};

/// What an account has of an asset, in its units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Balance {
    /// What orders may be placed with, and withdrawn.
    pub(crate) available: u64,
    /// What open orders hold.
    pub(crate) held: u64,
}

impl Balance {
    pub(super) const fn total(self) -> u64 {
        self.available + self.held
    }
}

/// An account.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    /// Of the assets that it ever had, by their number.
    pub(crate) balances: Vec<(AssetKey, Balance)>,
}

impl Account {
    pub(super) const fn new(id: AccountId) -> Self {
        Self { id, balances: Vec::new() }
    }

    pub(crate) fn balance(&self, asset: AssetKey) -> Balance {
        match self.place(asset) {
            Ok(place) => self.balances[place].1,
            Err(_) => Balance::default(),
        }
    }

    /// Whether it has or had any of an asset.
    pub(super) fn ever_had(&self, asset: AssetKey) -> bool {
        self.place(asset).is_ok()
    }

    pub(super) fn set_balance(&mut self, asset: AssetKey, balance: Balance) {
        match self.place(asset) {
            Ok(place) => self.balances[place].1 = balance,
            Err(place) => self.balances.insert(place, (asset, balance)),
        }
    }

    fn place(&self, asset: AssetKey) -> Result<usize, usize> {
        self.balances.binary_search_by_key(&asset, |(asset, _)| *asset)
    }
}

impl Named for Account {
    type Key = AccountKey;

    fn name(&self) -> &str {
        self.id.as_str()
    }
}
