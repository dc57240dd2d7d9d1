//! Balances as they will be when the command is decided.

use std::collections::BTreeMap;

use order_domain::TradingEvent;
use order_domain::trading::RefusalReason;
use order_domain::trading::event::BalanceChanged;

use super::Market;
use super::account::Balance;
use super::facts::Facts;
use super::measures::shown;
use super::refusal::Refusal;
use super::registry::{AccountKey, AssetKey};

/// The balances that a command touches, beside those of the market. What it takes is there: whoever
/// pays has held it before.
pub(super) struct Ledger<'a> {
    market: &'a Market,
    touched: BTreeMap<(AccountKey, AssetKey), Balance>,
    /// What comes in: deposits less withdrawals and fees, in units.
    inflow: Vec<(AssetKey, i128)>,
}

impl<'a> Ledger<'a> {
    pub(super) const fn new(market: &'a Market) -> Self {
        Self { market, touched: BTreeMap::new(), inflow: Vec::new() }
    }

    fn balance(&mut self, account: AccountKey, asset: AssetKey) -> &mut Balance {
        let before = || self.market.accounts[account].balance(asset);
        self.touched.entry((account, asset)).or_insert_with(before)
    }

    /// Puts `units` into what is held instead of `instead_of` units that are held already.
    pub(super) fn hold(
        &mut self,
        account: AccountKey,
        asset: AssetKey,
        units: u64,
        instead_of: u64,
    ) -> Result<(), Refusal> {
        let balance = self.balance(account, asset);
        let free = balance.available + instead_of;
        let Some(available) = free.checked_sub(units) else {
            return Err(self.insufficient(asset, units, free));
        };
        balance.available = available;
        balance.held = balance.held - instead_of + units;
        Ok(())
    }

    /// Makes what is held available again.
    pub(super) fn release(&mut self, account: AccountKey, asset: AssetKey, units: u64) {
        if units > 0 {
            let balance = self.balance(account, asset);
            balance.held = balance.held.checked_sub(units).expect("it was held");
            balance.available += units;
        }
    }

    /// Takes what was held.
    pub(super) fn pay(&mut self, account: AccountKey, asset: AssetKey, units: u64) {
        let balance = self.balance(account, asset);
        balance.held = balance.held.checked_sub(units).expect("whoever pays has held it");
    }

    /// Gives what another paid.
    pub(super) fn receive(&mut self, account: AccountKey, asset: AssetKey, units: u64) {
        self.balance(account, asset).available += units;
    }

    /// What was paid and nobody received is the market's.
    pub(super) fn keep_fees(&mut self, asset: AssetKey, units: u64) {
        self.flow(asset, -i128::from(units));
    }

    /// Takes in what comes from outside.
    pub(super) fn deposit(&mut self, account: AccountKey, asset: AssetKey, units: u64) {
        self.receive(account, asset, units);
        self.flow(asset, i128::from(units));
    }

    /// Gives out what is available.
    pub(super) fn withdraw(
        &mut self,
        account: AccountKey,
        asset: AssetKey,
        units: u64,
    ) -> Result<(), Refusal> {
        let balance = self.balance(account, asset);
        let free = balance.available;
        let Some(available) = free.checked_sub(units) else {
            return Err(self.insufficient(asset, units, free));
        };
        balance.available = available;
        self.flow(asset, -i128::from(units));
        Ok(())
    }

    fn insufficient(&self, asset: AssetKey, needed: u64, available: u64) -> Refusal {
        let asset = &self.market.assets[asset].asset;
        let code = &asset.code;
        let available = shown(available, asset.scale);
        // A hold is at most twice what can be counted.
        let detail = match order_domain::Decimal::new(needed.cast_signed(), asset.scale) {
            Ok(needed) => format!("{needed} {code} are needed, {available} {code} are available"),
            Err(_) => format!("more is needed than the {available} {code} that are available"),
        };
        Refusal::new(RefusalReason::InsufficientFunds, detail)
    }

    fn flow(&mut self, asset: AssetKey, units: i128) {
        match self.inflow.iter_mut().find(|(other, _)| *other == asset) {
            Some((_, sum)) => *sum += units,
            None => self.inflow.push((asset, units)),
        }
    }

    /// Tells what has changed.
    ///
    /// # Panics
    /// If money came from nowhere, or went there: an error of this crate that must not be published.
    pub(super) fn close(mut self, facts: &mut Facts) {
        for ((account, asset), balance) in std::mem::take(&mut self.touched) {
            let owner = &self.market.accounts[account];
            let before = owner.balance(asset);
            if balance == before {
                continue;
            }
            self.flow(asset, i128::from(before.total()) - i128::from(balance.total()));
            let of = &self.market.assets[asset].asset;
            facts.push(TradingEvent::BalanceChanged(BalanceChanged {
                account: owner.id.clone(),
                asset: of.code.clone(),
                available: shown(balance.available, of.scale),
                held: shown(balance.held, of.scale),
            }));
        }
        assert!(self.inflow.iter().all(|(_, sum)| *sum == 0), "money is conserved");
    }
}
