//! What a market is made of: its clock, instruments, assets and accounts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use order_domain::trading::{Asset, Instrument, Symbol};
use order_domain::{Position, Timestamp, VenueId};

use super::listed::Instruments;
use crate::StoreError;
use crate::newest::newest_of;
use crate::stored::offset_to_sql;
use crate::trading::many_rows::{Kind, ManyRows, Replaces, Upsert};
use crate::trading::session::{Session, Value, text};
use crate::trading::units::Scales;
use crate::trading::{InstrumentState, MarketChange};

pub async fn write<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    move_clocks(session, changes).await?;
    let listed: Vec<Listed<'_>> = changes
        .iter()
        .flat_map(|change| {
            let MarketChange { venue, source, listed, .. } = change;
            listed.iter().map(move |terms| Listed { venue, source: *source, terms })
        })
        .collect();
    insert_instruments(session, &listed).await?;
    insert_assets(session, &listed).await?;
    insert_accounts(session, changes).await?;
    set_states(session, changes).await
}

/// The time of each market's newest decision; it never runs back.
async fn move_clocks<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    static UPSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "markets",
            key: &["venue"],
            values: &["newest_at_ms"],
            replaces: Replaces::Lesser("newest_at_ms"),
        })
    });
    let mut newest: BTreeMap<&VenueId, Timestamp> = BTreeMap::new();
    for change in changes {
        let at = newest.entry(&change.venue).or_insert(change.at);
        *at = change.at.max(*at);
    }
    let clocks: Vec<_> = newest.into_iter().collect();
    for (sql, run) in UPSERT.split::<S, _>(&clocks) {
        let values = run.iter().flat_map(|(venue, at)| [text(venue.as_str()), Value::Number(at.0)]);
        session.execute(sql, values.collect()).await?;
    }
    Ok(())
}

struct Listed<'a> {
    venue: &'a VenueId,
    source: Position,
    terms: &'a Instrument,
}

/// The first listing stands.
async fn insert_instruments<S: Session>(
    session: &mut S,
    listed: &[Listed<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "instruments",
            key: &["venue", "symbol"],
            values: &[
                "terms",
                "state",
                "tick_scale",
                "base_scale",
                "quote_scale",
                "source_partition",
                "source_offset",
            ],
            replaces: Replaces::Nothing,
        })
    });
    for (sql, run) in INSERT.split::<S, _>(listed) {
        let mut values = Vec::with_capacity(run.len() * 9);
        for Listed { venue, source, terms } in run {
            let Scales { tick, base, quote } = Scales::of(terms);
            let json = serde_json::to_string(terms)
                .map_err(|error| StoreError::Refused(error.to_string()))?;
            values.extend([
                text(venue.as_str()),
                text(terms.symbol.as_str()),
                Value::Text(json.into()),
                text(InstrumentState::Trading.name()),
                Value::Number(tick.into()),
                Value::Number(base.into()),
                Value::Number(quote.into()),
                Value::Number(source.partition.0.into()),
                Value::Number(offset_to_sql(source.offset)?),
            ]);
        }
        session.execute(sql, values).await?;
    }
    Ok(())
}

/// An asset has one scale on all of a market.
async fn insert_assets<S: Session>(
    session: &mut S,
    listed: &[Listed<'_>],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "assets",
            key: &["venue", "asset"],
            values: &["scale"],
            replaces: Replaces::Nothing,
        })
    });
    let assets: Vec<(&VenueId, &Asset)> = listed
        .iter()
        .flat_map(|listed| [&listed.terms.base, &listed.terms.quote].map(|of| (listed.venue, of)))
        .collect();
    for (sql, run) in INSERT.split::<S, _>(&assets) {
        let values = run.iter().flat_map(|(venue, asset)| {
            [text(venue.as_str()), text(asset.code.as_str()), Value::Number(asset.scale.into())]
        });
        session.execute(sql, values.collect()).await?;
    }
    Ok(())
}

/// The first opening stands.
async fn insert_accounts<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    static INSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "accounts",
            key: &["venue", "account"],
            values: &["opened_at_ms"],
            replaces: Replaces::Nothing,
        })
    });
    let opened: Vec<_> = changes
        .iter()
        .flat_map(|change| change.opened.iter().map(move |account| (change, account)))
        .collect();
    for (sql, run) in INSERT.split::<S, _>(&opened) {
        let values = run.iter().flat_map(|(MarketChange { venue, at, .. }, account)| {
            [text(venue.as_str()), text(account.as_str()), Value::Number(at.0)]
        });
        session.execute(sql, values.collect()).await?;
    }
    Ok(())
}

struct StateOf<'a> {
    venue: &'a VenueId,
    source: Position,
    symbol: &'a Symbol,
    state: InstrumentState,
}

async fn set_states<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    static UPDATE: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::update(
            "instruments",
            &[Kind::Name, Kind::Name, Kind::Name, Kind::Number, Kind::Number],
            &[("state", "given.column3"), ("source_offset", "given.column5")],
            "instruments.venue = given.column1 and instruments.symbol = given.column2
             and instruments.source_partition = given.column4
             and instruments.source_offset < given.column5",
        )
    });
    let states: Vec<StateOf<'_>> = changes
        .iter()
        .flat_map(|change| {
            let MarketChange { venue, source, states, .. } = change;
            let source = *source;
            states.iter().map(move |(symbol, state)| StateOf {
                venue,
                source,
                symbol,
                state: *state,
            })
        })
        .collect();
    let newest = newest_of(states.iter(), |of| (of.venue, of.symbol), |of| of.source);
    let known = Instruments::find(session, newest.iter().map(|of| (of.venue, of.symbol))).await?;
    for of in &newest {
        known.scales(of.venue, of.symbol)?;
    }
    for (sql, run) in UPDATE.split::<S, _>(&newest) {
        let mut values = Vec::with_capacity(run.len() * 5);
        for StateOf { venue, source, symbol, state } in run {
            values.extend([
                text(venue.as_str()),
                text(symbol.as_str()),
                text(state.name()),
                Value::Number(source.partition.0.into()),
                Value::Number(offset_to_sql(source.offset)?),
            ]);
        }
        session.execute(sql, values).await?;
    }
    Ok(())
}
