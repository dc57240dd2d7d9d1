//! The orders of a batch.
//!
//! One that was placed is written whole. Other changes are told without the order's terms, and must
//! be about the version that stands: so an order can't overtake itself, whatever way its events
//! have come.

use std::sync::LazyLock;

use order_domain::trading::event::CancelledBy;
use order_domain::{OrderId, Position, VenueId};

use super::asked::Asked;
use super::fold::{Folded, fold, version_missing};
use super::listed::Instruments;
use crate::StoreError;
use crate::newest::follows;
use crate::rows::{Columns as _, source};
use crate::stored::{count_from_sql, count_to_sql, offset_to_sql};
use crate::trading::many_rows::{Kind, ManyRows, Replaces, Upsert};
use crate::trading::session::{Session, Value, text};
use crate::trading::units::{SCALE_COLUMNS, Scales, to_units};
use crate::trading::{MarketChange, OrderProgress, PlacedOrder};

pub async fn write<S: Session>(
    session: &mut S,
    changes: &[MarketChange],
) -> Result<(), StoreError> {
    let (whole, partial): (Vec<_>, Vec<_>) =
        fold(changes)?.into_iter().partition(|order| order.placed.is_some());
    insert(session, &whole).await?;
    update(session, &partial).await
}

/// The columns of an order that are numbers.
struct Numbers {
    price: Option<i64>,
    executed: Option<i64>,
    remaining: Option<i64>,
    executed_value: Option<i64>,
}

impl Numbers {
    /// Those of a rejected order, whose instrument may be unknown.
    const NONE: Self = Self { price: None, executed: None, remaining: None, executed_value: None };

    fn of(progress: &OrderProgress, scales: Scales) -> Result<Self, StoreError> {
        Ok(Self {
            price: progress.price.map(|price| to_units(price, scales.tick)).transpose()?,
            executed: Some(to_units(progress.executed, scales.base)?),
            remaining: Some(to_units(progress.remaining, scales.base)?),
            executed_value: Some(to_units(progress.executed_value, scales.quote)?),
        })
    }
}

async fn insert<S: Session>(session: &mut S, orders: &[Folded<'_>]) -> Result<(), StoreError> {
    static UPSERT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::upsert(Upsert {
            table: "market_orders",
            key: &["venue", "order_id"],
            values: &[
                "source_partition",
                "source_offset",
                "version",
                "status",
                "account",
                "symbol",
                "side",
                "terms",
                "price",
                "executed",
                "remaining",
                "executed_value",
                "cancelled_by",
                "refusal_reason",
                "refusal_detail",
                "placed_at_ms",
                "updated_at_ms",
            ],
            replaces: Replaces::Older,
        })
    });
    let taken = orders.iter().filter_map(|order| match order.placed {
        Some((PlacedOrder { terms, refusal: None }, _)) => Some((order.venue, &terms.symbol)),
        _ => None,
    });
    let instruments = Instruments::find(session, taken).await?;
    for (sql, run) in UPSERT.split::<S, _>(orders) {
        let mut values = Vec::with_capacity(run.len() * 19);
        for order in run {
            values.extend(whole_row(order, &instruments)?);
        }
        session.execute(sql, values).await?;
    }
    Ok(())
}

fn whole_row<'a>(
    order: &Folded<'a>,
    instruments: &Instruments<'a>,
) -> Result<[Value<'a>; 19], StoreError> {
    let Folded { venue, order_id, source, placed, progress, updated_at, .. } = *order;
    let Some((PlacedOrder { terms, refusal }, placed_at)) = placed else {
        return Err(StoreError::Refused(format!("nothing tells what order {order_id} is")));
    };
    let numbers = match refusal {
        None => Numbers::of(&progress, instruments.scales(venue, &terms.symbol)?)?,
        Some(_) => Numbers::NONE,
    };
    let json =
        serde_json::to_string(terms).map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok([
        text(venue.as_str()),
        Value::Id(order_id.0),
        Value::Number(source.partition.0.into()),
        Value::Number(offset_to_sql(source.offset)?),
        Value::Number(count_to_sql(progress.version)?),
        text(progress.status.name()),
        text(terms.account.as_str()),
        text(terms.symbol.as_str()),
        text(terms.side.name()),
        Value::Text(json.into()),
        Value::NumberOrNull(numbers.price),
        Value::NumberOrNull(numbers.executed),
        Value::NumberOrNull(numbers.remaining),
        Value::NumberOrNull(numbers.executed_value),
        Value::TextOrNull(progress.cancelled_by.map(CancelledBy::name)),
        Value::TextOrNull(refusal.as_ref().map(|refusal| refusal.reason.code())),
        Value::TextOrNull(refusal.as_ref().map(|refusal| refusal.detail.as_str())),
        Value::Number(placed_at.0),
        Value::Number(updated_at.0),
    ])
}

/// An order that stands, as far as a change must know it.
#[derive(Clone, Copy)]
struct Standing {
    source: Position,
    version: u64,
    scales: Scales,
}

async fn update<S: Session>(session: &mut S, orders: &[Folded<'_>]) -> Result<(), StoreError> {
    static UPDATE: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::update(
            "market_orders",
            &[
                Kind::Name,
                Kind::Id,
                Kind::Number,
                Kind::Number,
                Kind::Number,
                Kind::Name,
                Kind::Number,
                Kind::Number,
                Kind::Number,
                Kind::Number,
                Kind::Name,
                Kind::Number,
            ],
            &[
                ("source_offset", "given.column3"),
                ("version", "given.column5"),
                ("status", "given.column6"),
                ("price", "coalesce(given.column7, market_orders.price)"),
                ("executed", "given.column8"),
                ("remaining", "given.column9"),
                ("executed_value", "given.column10"),
                ("cancelled_by", "coalesce(given.column11, market_orders.cancelled_by)"),
                ("updated_at_ms", "given.column12"),
            ],
            "market_orders.venue = given.column1 and market_orders.order_id = given.column2
             and market_orders.version = given.column4",
        )
    });
    let due = due(session, orders).await?;
    for (sql, run) in UPDATE.split::<S, _>(&due) {
        let mut values = Vec::with_capacity(run.len() * 12);
        for (order, stands) in run {
            values.extend(changed_row(order, stands)?);
        }
        if session.execute(sql, values).await? != run.len() as u64 {
            let cause = "another projector changed an order meanwhile";
            return Err(StoreError::Unavailable(cause.to_owned()));
        }
    }
    Ok(())
}

/// The changes that are newer than what stands, and what that is.
async fn due<'o, 'a, S: Session>(
    session: &mut S,
    orders: &'o [Folded<'a>],
) -> Result<Vec<(&'o Folded<'a>, Standing)>, StoreError> {
    static SELECT: LazyLock<ManyRows> = LazyLock::new(|| {
        ManyRows::lookup(
            &[Kind::Number, Kind::Name, Kind::Id],
            &format!(
                "asked.column1, o.source_partition, o.source_offset, o.version, {SCALE_COLUMNS}"
            ),
            &["market_orders o", "instruments i"],
            "o.venue = asked.column2 and o.order_id = asked.column3
             and i.venue = o.venue and i.symbol = o.symbol",
        )
    });
    let asked = Asked::of(orders.iter().map(|order| (order.venue, order.order_id)));
    let values = |(venue, id): (&'a VenueId, OrderId)| [text(venue.as_str()), Value::Id(id.0)];
    let read = |row: &S::Row| {
        let version = count_from_sql("a version", row.number(3)?)?;
        Ok(Standing { source: source(row, 1)?, version, scales: Scales::read(row, 4)? })
    };
    let standing = asked.find(session, &SELECT, values, read).await?;
    let mut due = Vec::with_capacity(orders.len());
    for order in orders {
        let id = order.order_id;
        let Some(stands) = standing.get(&(order.venue, id)) else {
            let cause = format!("there is no order {id} yet that the change is about");
            return Err(StoreError::Refused(cause));
        };
        if !follows(order.source, stands.source) {
            continue;
        }
        // Of several changes, some may stand already.
        if !(order.version_before..order.progress.version).contains(&stands.version) {
            return Err(version_missing(id, stands.version, order.version_before));
        }
        due.push((order, *stands));
    }
    Ok(due)
}

fn changed_row<'a>(order: &Folded<'a>, stands: &Standing) -> Result<[Value<'a>; 12], StoreError> {
    let progress = &order.progress;
    let numbers = Numbers::of(progress, stands.scales)?;
    Ok([
        text(order.venue.as_str()),
        Value::Id(order.order_id.0),
        Value::Number(offset_to_sql(order.source.offset)?),
        Value::Number(count_to_sql(stands.version)?),
        Value::Number(count_to_sql(progress.version)?),
        text(progress.status.name()),
        Value::NumberOrNull(numbers.price),
        Value::NumberOrNull(numbers.executed),
        Value::NumberOrNull(numbers.remaining),
        Value::NumberOrNull(numbers.executed_value),
        Value::TextOrNull(progress.cancelled_by.map(CancelledBy::name)),
        Value::Number(order.updated_at.0),
    ])
}
