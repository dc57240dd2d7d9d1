//! Cancels: of one order, or of all of an account.

use order_domain::trading::command::{CancelAll, CancelOrder};
use order_domain::trading::event::{CANCELLED_AT_ONCE_MAX, CancelledBy};

use super::Market;
use super::facts::Facts;
use super::ledger::Ledger;
use super::refusal::Refusal;

impl Market {
    pub(super) fn cancel(&self, cancel: &CancelOrder, facts: &mut Facts) -> Result<(), Refusal> {
        let key = self.open_order(cancel.order_id, cancel.account.as_ref(), cancel.if_version)?;
        let mut ledger = Ledger::new(self);
        self.cancel_whole(key, CancelledBy::Member, &mut ledger, facts);
        ledger.close(facts);
        Ok(())
    }

    pub(super) fn cancel_all(&self, all: &CancelAll, facts: &mut Facts) -> Result<(), Refusal> {
        let account = self.account(&all.account)?;
        let only = all.symbol.as_ref().map(|symbol| self.instrument(symbol)).transpose()?;
        let asked = self
            .orders
            .of_account(account)
            .filter(|key| only.is_none_or(|only| self.orders[*key].instrument == only));
        let mut ledger = Ledger::new(self);
        for key in asked.take(CANCELLED_AT_ONCE_MAX) {
            self.cancel_whole(key, CancelledBy::Member, &mut ledger, facts);
        }
        ledger.close(facts);
        Ok(())
    }
}
