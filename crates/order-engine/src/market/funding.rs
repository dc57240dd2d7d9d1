//! Accounts: opened, paid into, paid out of.

use order_domain::trading::command::{Deposit, Withdraw};
use order_domain::trading::event::AccountOpened;
use order_domain::trading::{AccountId, AssetCode, RefusalReason};
use order_domain::{Decimal, TradingEvent};

use super::bounds::UNITS_MAX;
use super::facts::Facts;
use super::ledger::Ledger;
use super::measures::units;
use super::refusal::Refusal;
use super::registry::AssetKey;
use super::{Market, limit_reached};

impl Market {
    pub(super) fn open_account(
        &self,
        account: &AccountId,
        facts: &mut Facts,
    ) -> Result<(), Refusal> {
        if self.accounts.find(account.as_str()).is_some() {
            return Ok(());
        }
        if self.accounts.len() >= self.bounds.accounts_max.get() as usize {
            return Err(limit_reached("accounts", self.bounds.accounts_max));
        }
        let account = account.clone();
        facts.push(TradingEvent::AccountOpened(AccountOpened { account }));
        Ok(())
    }

    pub(super) fn deposit(&self, deposit: &Deposit, facts: &mut Facts) -> Result<(), Refusal> {
        let account = self.account(&deposit.account)?;
        let asset = self.asset(&deposit.asset)?;
        let units = self.amount(asset, deposit.amount)?;
        if deposit.if_first && self.accounts[account].ever_had(asset) {
            return Ok(());
        }
        // Nobody can ever have more than there is, so this bounds every balance and every fee.
        if self.assets[asset].supply + units > UNITS_MAX {
            let Deposit { amount, asset, .. } = deposit;
            return Err(invalid(format!(
                "with {amount} {asset} more the market would have more than can be counted"
            )));
        }
        let mut ledger = Ledger::new(self);
        ledger.deposit(account, asset, units);
        ledger.close(facts);
        Ok(())
    }

    pub(super) fn withdraw(&self, withdraw: &Withdraw, facts: &mut Facts) -> Result<(), Refusal> {
        let account = self.account(&withdraw.account)?;
        let asset = self.asset(&withdraw.asset)?;
        let units = self.amount(asset, withdraw.amount)?;
        let mut ledger = Ledger::new(self);
        ledger.withdraw(account, asset, units)?;
        ledger.close(facts);
        Ok(())
    }

    fn asset(&self, code: &AssetCode) -> Result<AssetKey, Refusal> {
        self.assets.find(code.as_str()).ok_or_else(|| {
            let detail = format!("no listed instrument has {code}");
            Refusal::new(RefusalReason::UnknownAsset, detail)
        })
    }

    fn amount(&self, asset: AssetKey, amount: Decimal) -> Result<u64, Refusal> {
        let asset = &self.assets[asset].asset;
        units(amount, asset.scale).filter(|units| *units > 0).ok_or_else(|| {
            let (code, scale) = (&asset.code, asset.scale);
            invalid(format!(
                "{amount} is no amount of {code} above 0 with at most {scale} decimal places"
            ))
        })
    }
}

fn invalid(detail: String) -> Refusal {
    Refusal::new(RefusalReason::InvalidAmount, detail)
}
