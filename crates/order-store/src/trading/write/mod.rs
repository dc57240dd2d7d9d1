//! What decisions changed, into SQL: one statement for many rows, each over an older source only.

mod asked;
mod balances;
mod fold;
mod listed;
mod orders;
mod reference;
mod trades;

use super::MarketChange;
use super::session::Session;
use crate::StoreError;

/// Writes the changes; they are in the order of their decisions. Does nothing where there are none.
pub async fn write<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    if changes.is_empty() {
        return Ok(());
    }
    reference::write(session, changes).await?;
    orders::write(session, changes).await?;
    trades::write(session, changes).await?;
    balances::write(session, changes).await
}
