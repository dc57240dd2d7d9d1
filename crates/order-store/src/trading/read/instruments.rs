//! The instruments of a market.

use order_domain::VenueId;
use order_domain::trading::Symbol;

use crate::StoreError;
use crate::rows::Columns;
use crate::stored::foreign;
use crate::trading::session::{Question, Session, text};
use crate::trading::units::{SCALE_COLUMNS, Scales};
use crate::trading::{InstrumentState, ListedInstrument};

pub async fn instruments<S: Session>(
    session: &mut S,
    market: &VenueId,
) -> Result<Vec<ListedInstrument>, StoreError> {
    let rows = Question::new(
        "select terms, state from instruments where venue = $1 order by symbol",
        vec![text(market.as_str())],
    );
    rows.ask(session).await?.iter().map(listed).collect()
}

fn listed(row: &impl Columns) -> Result<ListedInstrument, StoreError> {
    let (terms, state) = (row.text(0)?, row.text(1)?);
    Ok(ListedInstrument {
        terms: serde_json::from_str(terms)
            .map_err(|error| foreign("an instrument's terms", error))?,
        state: InstrumentState::from_name(state)
            .ok_or_else(|| foreign("an instrument's state", state))?,
    })
}

/// How an instrument's numbers are counted; `None` where it isn't listed.
pub async fn scales<S: Session>(
    session: &mut S,
    market: &VenueId,
    symbol: &Symbol,
) -> Result<Option<Scales>, StoreError> {
    let rows = Question::new(
        format!("select {SCALE_COLUMNS} from instruments i where i.venue = $1 and i.symbol = $2"),
        vec![text(market.as_str()), text(symbol.as_str())],
    );
    rows.ask(session).await?.first().map(|row| Scales::read(row, 0)).transpose()
}
