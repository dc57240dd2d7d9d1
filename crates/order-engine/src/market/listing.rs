//! Instruments: listed, halted, resumed.

use order_domain::TradingEvent;
use order_domain::trading::event::{InstrumentHalted, InstrumentListed, InstrumentResumed};
use order_domain::trading::{Asset, Instrument, RefusalReason, Symbol};

use super::facts::Facts;
use super::listed::ListedInstrument;
use super::measures::Measures;
use super::refusal::Refusal;
use super::{Market, limit_reached};

impl Market {
    pub(super) fn list(&self, terms: &Instrument, facts: &mut Facts) -> Result<(), Refusal> {
        let symbol = &terms.symbol;
        if let Some(known) = self.instruments.find(symbol.as_str()) {
            if self.instruments[known].terms == *terms {
                return Ok(());
            }
            return Err(invalid(format!("{symbol} is listed with other terms")));
        }
        Measures::new(terms).map_err(invalid)?;
        for asset in [&terms.base, &terms.quote] {
            self.check_scale(asset)?;
        }
        if self.instruments.len() >= self.bounds.instruments_max.get() as usize {
            return Err(limit_reached("instruments", self.bounds.instruments_max));
        }
        let instrument = terms.clone();
        facts.push(TradingEvent::InstrumentListed(InstrumentListed { instrument }));
        Ok(())
    }

    /// An asset has one scale on all of the market.
    fn check_scale(&self, asset: &Asset) -> Result<(), Refusal> {
        let Some(known) = self.assets.find(asset.code.as_str()) else { return Ok(()) };
        let known = &self.assets[known].asset;
        if known.scale == asset.scale {
            return Ok(());
        }
        let Asset { code, scale } = known;
        Err(invalid(format!("{code} is listed with {scale} decimal places, not {}", asset.scale)))
    }

    pub(super) fn halt(&self, symbol: &Symbol, facts: &mut Facts) -> Result<(), Refusal> {
        if !self.instruments[self.instrument(symbol)?].halted {
            let symbol = symbol.clone();
            facts.push(TradingEvent::InstrumentHalted(InstrumentHalted { symbol }));
        }
        Ok(())
    }

    pub(super) fn resume(&self, symbol: &Symbol, facts: &mut Facts) -> Result<(), Refusal> {
        if self.instruments[self.instrument(symbol)?].halted {
            let symbol = symbol.clone();
            facts.push(TradingEvent::InstrumentResumed(InstrumentResumed { symbol }));
        }
        Ok(())
    }
}

impl ListedInstrument {
    /// Whether it takes orders and amendments.
    pub(super) fn check_open(&self) -> Result<(), Refusal> {
        if self.halted {
            let detail = format!("{} is halted", self.terms.symbol);
            return Err(Refusal::new(RefusalReason::Halted, detail));
        }
        Ok(())
    }
}

fn invalid(detail: impl Into<String>) -> Refusal {
    Refusal::new(RefusalReason::InvalidInstrument, detail)
}
