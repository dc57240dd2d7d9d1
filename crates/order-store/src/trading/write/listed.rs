//! How the things that a batch names are counted: what the store has of instruments and assets.

use std::collections::HashMap;
use std::sync::LazyLock;

use order_domain::VenueId;
use order_domain::trading::{AssetCode, Symbol};

use super::asked::Asked;
use crate::StoreError;
use crate::rows::Columns as _;
use crate::stored::small_from_sql;
use crate::trading::many_rows::{Kind, ManyRows};
use crate::trading::session::{Session, text};
use crate::trading::units::{SCALE_COLUMNS, Scales};

/// The scales of instruments, by market and symbol.
pub struct Instruments<'a>(HashMap<(&'a VenueId, &'a Symbol), Scales>);

impl<'a> Instruments<'a> {
    /// Those that are named.
    pub async fn find<S: Session>(
        session: &mut S,
        named: impl Iterator<Item = (&'a VenueId, &'a Symbol)>,
    ) -> Result<Self, StoreError> {
        static SELECT: LazyLock<ManyRows> = LazyLock::new(|| {
            ManyRows::lookup(
                &[Kind::Number, Kind::Name, Kind::Name],
                &format!("asked.column1, {SCALE_COLUMNS}"),
                &["instruments i"],
                "i.venue = asked.column2 and i.symbol = asked.column3",
            )
        });
        let asked = Asked::of(named);
        let values = |(venue, symbol): (&'a VenueId, &'a Symbol)| {
            [text(venue.as_str()), text(symbol.as_str())]
        };
        Ok(Self(asked.find(session, &SELECT, values, |row| Scales::read(row, 1)).await?))
    }

    /// An instrument's scales; refused where it isn't listed.
    pub fn scales(&self, venue: &'a VenueId, symbol: &'a Symbol) -> Result<Scales, StoreError> {
        self.0.get(&(venue, symbol)).copied().ok_or_else(|| {
            StoreError::Refused(format!("no instrument {symbol} is listed on {venue}"))
        })
    }
}

/// The scales of assets, by market and code.
pub struct Assets<'a>(HashMap<(&'a VenueId, &'a AssetCode), u32>);

impl<'a> Assets<'a> {
    /// Those that are named.
    pub async fn find<S: Session>(
        session: &mut S,
        named: impl Iterator<Item = (&'a VenueId, &'a AssetCode)>,
    ) -> Result<Self, StoreError> {
        static SELECT: LazyLock<ManyRows> = LazyLock::new(|| {
            ManyRows::lookup(
                &[Kind::Number, Kind::Name, Kind::Name],
                "asked.column1, a.scale",
                &["assets a"],
                "a.venue = asked.column2 and a.asset = asked.column3",
            )
        });
        let asked = Asked::of(named);
        let values = |(venue, asset): (&'a VenueId, &'a AssetCode)| {
            [text(venue.as_str()), text(asset.as_str())]
        };
        let scale = |row: &S::Row| small_from_sql("a scale", row.number(1)?);
        Ok(Self(asked.find(session, &SELECT, values, scale).await?))
    }

    /// An asset's scale; refused where no listed instrument has it.
    pub fn scale(&self, venue: &'a VenueId, asset: &'a AssetCode) -> Result<u32, StoreError> {
        self.0.get(&(venue, asset)).copied().ok_or_else(|| {
            StoreError::Refused(format!("no listed instrument of {venue} has {asset}"))
        })
    }
}
