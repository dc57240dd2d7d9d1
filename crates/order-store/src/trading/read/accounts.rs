//! Accounts and what they have.

use order_domain::trading::{AccountId, AssetCode};
use order_domain::{Timestamp, VenueId};

use crate::StoreError;
use crate::rows::Columns;
use crate::stored::{foreign, small_from_sql};
use crate::trading::session::{Question, Session, text};
use crate::trading::units::from_units;
use crate::trading::{Balance, TradingAccount};

pub async fn account<S: Session>(
    session: &mut S,
    market: &VenueId,
    account: &AccountId,
) -> Result<Option<TradingAccount>, StoreError> {
    let Some(opened_at) = opened_at(session, market, account).await? else { return Ok(None) };
    let balances = Question::new(
        "select b.asset, b.available, b.held, a.scale
         from balances b join assets a on a.venue = b.venue and a.asset = b.asset
         where b.venue = $1 and b.account = $2 order by b.asset",
        vec![text(market.as_str()), text(account.as_str())],
    );
    let balances = balances.ask(session).await?.iter().map(balance).collect::<Result<_, _>>()?;
    Ok(Some(TradingAccount { account: account.clone(), opened_at, balances }))
}

fn balance(row: &impl Columns) -> Result<Balance, StoreError> {
    let scale = small_from_sql("a scale", row.number(3)?)?;
    Ok(Balance {
        asset: AssetCode::new(row.text(0)?).map_err(|error| foreign("an asset", error))?,
        available: from_units(row.number(1)?, scale)?,
        held: from_units(row.number(2)?, scale)?,
    })
}

/// When an account was opened; `None` where there is none of this name.
pub async fn opened_at<S: Session>(
    session: &mut S,
    market: &VenueId,
    account: &AccountId,
) -> Result<Option<Timestamp>, StoreError> {
    let rows = Question::new(
        "select opened_at_ms from accounts where venue = $1 and account = $2",
        vec![text(market.as_str()), text(account.as_str())],
    );
    rows.ask(session).await?.first().map(|row| row.number(0).map(Timestamp)).transpose()
}
