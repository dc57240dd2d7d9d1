//! Reading thresholds.

use std::str::FromStr;

use super::{Clock, Condition, Metric, Operator, Slo, Statistic, Unit};
use crate::{Percentile, quantity};

/// Thresholds in one text.
const CONDITIONS_MAX: usize = 100;

const METRICS: &str = "`p50`, `p99.9` or another percentile, `min`, `mean`, `max` (before any of \
                       them `service.` or `delay.`), `errors`, `retries`, `rate`";

/// Text that is no threshold. `column` counts characters from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct SloError {
    /// Where the problem begins.
    pub column: usize,
    /// What is wrong, and what was expected.
    pub problem: String,
}

/// A piece of the text, and where it begins.
#[derive(Clone, Copy)]
struct Piece<'a> {
    text: &'a str,
    /// Characters before it.
    before: usize,
}

impl Piece<'_> {
    fn trim(self) -> Self {
        let text = self.text.trim_start();
        let spaces = self.text[..self.text.len() - text.len()].chars().count();
        Self { text: text.trim_end(), before: self.before + spaces }
    }

    fn split(self, byte: usize) -> (Self, Self) {
        let (left, right) = self.text.split_at(byte);
        let before = self.before + left.chars().count();
        (Self { text: left, ..self }, Self { text: right, before })
    }

    fn wrong(self, problem: impl Into<String>) -> SloError {
        SloError { column: self.before + 1, problem: problem.into() }
    }
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, SloError> {
        let mut conditions = Vec::new();
        let mut before = 0;
        for part in text.split(',') {
            let piece = Piece { text: part, before };
            before += part.chars().count() + 1;
            if conditions.len() == CONDITIONS_MAX {
                return Err(piece.wrong(format!("at most {CONDITIONS_MAX} conditions")));
            }
            conditions.push(condition(piece.trim())?);
        }
        Ok(Self { conditions })
    }
}

fn condition(piece: Piece<'_>) -> Result<Condition, SloError> {
    if piece.text.is_empty() {
        return Err(piece.wrong("expected a condition like `p99<50ms`"));
    }
    let end = piece.text.find(['<', '>', '=', '!']).unwrap_or(piece.text.len());
    let (name, rest) = piece.split(end);
    let metric = metric(name.trim())?;
    let (operator, value) = operator(rest)?;
    let value = value.trim();
    let (limit, unit) = limit(metric, value)?;
    if unit == Unit::Share && limit > 1.0 {
        return Err(value.wrong("a share is at most 100%"));
    }
    Ok(Condition { text: piece.text.to_owned(), metric, operator, limit, unit })
}

fn metric(name: Piece<'_>) -> Result<Metric, SloError> {
    match name.text {
        "" => return Err(name.wrong(format!("expected a metric: {METRICS}"))),
        "errors" => return Ok(Metric::Errors),
        "retries" => return Ok(Metric::Retries),
        "rate" => return Ok(Metric::Rate),
        _ => {}
    }
    let (clock, rest) = if let Some(rest) = name.text.strip_prefix("service.") {
        (Clock::Service, rest)
    } else if let Some(rest) = name.text.strip_prefix("delay.") {
        (Clock::Delay, rest)
    } else {
        (Clock::Latency, name.text)
    };
    let (_, statistic_piece) = name.split(name.text.len() - rest.len());
    let statistic = match rest {
        "min" => Statistic::Min,
        "mean" => Statistic::Mean,
        "max" => Statistic::Max,
        _ => Statistic::Percentile(percentile(statistic_piece)?),
    };
    Ok(Metric::Time(clock, statistic))
}

fn percentile(piece: Piece<'_>) -> Result<Percentile, SloError> {
    let percent = piece.text.strip_prefix('p').and_then(quantity::number);
    let Some(percent) = percent else {
        return Err(piece.wrong(format!("`{}` is no metric: expected {METRICS}", piece.text)));
    };
    let percentile = Percentile::new(percent);
    percentile.ok_or_else(|| piece.wrong("a percentile is above 0 and at most 100"))
}

fn operator(rest: Piece<'_>) -> Result<(Operator, Piece<'_>), SloError> {
    for (sign, operator) in [
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ] {
        if rest.text.starts_with(sign) {
            return Ok((operator, rest.split(sign.len()).1));
        }
    }
    Err(rest.wrong("expected `<`, `<=`, `>` or `>=` and a limit"))
}

fn limit(metric: Metric, value: Piece<'_>) -> Result<(f64, Unit), SloError> {
    let (limit, expected) = match metric {
        Metric::Time(..) => (
            quantity::seconds(value.text).map(|seconds| (seconds * 1e6, Unit::Microseconds)),
            "a time with its unit, like `50ms`; units are ns, us, ms, s, min and h",
        ),
        Metric::Rate => (
            quantity::rate(value.text).map(|rate| (rate, Unit::PerSecond)),
            "a rate with its unit, like `1000/s`; units are /s, /min and /h",
        ),
        Metric::Errors | Metric::Retries => {
            (share_or_count(value.text), "a share like `0.1%` or a whole number like `5`")
        }
    };
    limit.ok_or_else(|| {
        value.wrong(match value.text {
            "" => format!("expected {expected}"),
            text => format!("`{text}` is no limit here: expected {expected}"),
        })
    })
}

fn share_or_count(text: &str) -> Option<(f64, Unit)> {
    if let Some(percent) = text.strip_suffix('%') {
        return quantity::number(percent.trim_end()).map(|percent| (percent / 100.0, Unit::Share));
    }
    let whole = text.bytes().all(|byte| byte.is_ascii_digit());
    whole.then(|| quantity::number(text).map(|count| (count, Unit::Count))).flatten()
}
