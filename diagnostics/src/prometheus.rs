//! The Prometheus text format, read, and what two readings tell.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>, "Text-based format".

use std::collections::BTreeMap;

/// One line: a metric at a moment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// A line that is neither a comment nor a sample.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is no metric: {text:?}")]
pub(crate) struct NoMetric {
    line: usize,
    text: String,
}

/// How much of a line that can't be read is quoted.
const QUOTED_CHARS_MAX: usize = 80;

/// All samples of one reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Samples(Vec<Sample>);

impl Samples {
    /// Reads the answer of `/metrics`.
    pub(crate) fn parse(text: &str) -> Result<Self, NoMetric> {
        let mut samples = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let no_metric = || NoMetric {
                line: index + 1,
                text: line.chars().take(QUOTED_CHARS_MAX).collect(),
            };
            samples.push(sample(line).ok_or_else(no_metric)?);
        }
        Ok(Self(samples))
    }

    /// The sum over all series of `name`; `None` where there is none.
    pub(crate) fn sum(&self, name: &str) -> Option<f64> {
        let mut found = self.of(name).peekable();
        found.peek()?;
        Some(found.map(|sample| sample.value).sum())
    }

    /// By how much the sum of a counter has grown since `before`. A program that was started anew in
    /// between counts from zero, as in Prometheus.
    pub(crate) fn growth(&self, before: &Self, name: &str) -> Option<f64> {
        let (now, before) = (self.sum(name)?, before.sum(name).unwrap_or(0.0));
        Some(if now < before { now } else { now - before })
    }

    /// The quantile `q` (0 to 1) of what a histogram has counted since `before`, interpolated within its
    /// bucket as `histogram_quantile` does; `None` where it has counted nothing.
    pub(crate) fn quantile(&self, before: &Self, name: &str, q: f64) -> Option<f64> {
        let name = format!("{name}_bucket");
        let (now, before) = (self.buckets(&name), before.buckets(&name));
        let earlier = |bound: f64| {
            before
                .iter()
                .find(|(other, _)| other.total_cmp(&bound).is_eq())
                .map_or(0.0, |(_, n)| *n)
        };
        let counts: Vec<_> =
            now.iter().map(|(bound, count)| (*bound, count - earlier(*bound))).collect();
        let (_, total) = *counts.last()?;
        if total <= 0.0 {
            return None;
        }
        let rank = q * total;
        let (mut lower, mut below) = (0.0, 0.0);
        for (upper, count) in counts {
            if count >= rank {
                if upper.is_infinite() {
                    return Some(lower);
                }
                let share = if count > below { (rank - below) / (count - below) } else { 1.0 };
                return Some(lower + (upper - lower) * share);
            }
            (lower, below) = (upper, count);
        }
        None
    }

    /// The cumulative counts of all series of a histogram by upper bound, ascending.
    fn buckets(&self, name: &str) -> Vec<(f64, f64)> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for sample in self.of(name) {
            let bound = sample.labels.get("le").and_then(|bound| bound.parse().ok());
            let Some(bound) = bound else { continue };
            match buckets.iter_mut().find(|(other, _)| f64::total_cmp(other, &bound).is_eq()) {
                Some((_, count)) => *count += sample.value,
                None => buckets.push((bound, sample.value)),
            }
        }
        buckets.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
        buckets
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Sample> {
        self.0.iter().filter(move |sample| sample.name == name)
    }
}

fn sample(line: &str) -> Option<Sample> {
    let end = line.find(['{', ' '])?;
    let (name, rest) = line.split_at(end);
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (BTreeMap::new(), rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    (!name.is_empty()).then(|| Sample { name: name.to_owned(), labels, value })
}

/// The labels, and what is behind their closing brace.
fn labels(mut rest: &str) -> Option<(BTreeMap<String, String>, &str)> {
    let mut labels = BTreeMap::new();
    loop {
        rest = rest.trim_start_matches([',', ' ']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, behind) = rest.split_once("=\"")?;
        let (value, behind) = quoted(behind)?;
        labels.insert(name.to_owned(), value);
        rest = behind;
    }
}

/// A value up to its closing quote, and what is behind.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        match sign {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match signs.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP requests_total Requests\n# TYPE requests_total counter\n\
        requests_total{kind=\"a \\\"b\\\", c\",to=\"x\"} 3\nrequests_total{kind=\"d\"} 4\n\n\
        up 1 1700000000000\n";

    #[test]
    fn samples_are_read_with_their_labels() {
        let samples = Samples::parse(TEXT).unwrap();
        assert_eq!(samples.0[0].labels["kind"], "a \"b\", c");
        assert_eq!(samples.sum("requests_total"), Some(7.0));
        assert_eq!(samples.sum("up"), Some(1.0));
        assert_eq!(samples.sum("down"), None);
        let error = Samples::parse("up 1\n<html>").unwrap_err();
        assert_eq!(error.to_string(), "line 2 is no metric: \"<html>\"");
    }

    #[test]
    fn a_counter_grows_also_over_a_restart() {
        let at = |count: u32| Samples::parse(&format!("n_total {count}")).unwrap();
        assert_eq!(at(7).growth(&at(4), "n_total"), Some(3.0));
        assert_eq!(at(2).growth(&at(4), "n_total"), Some(2.0), "it was started anew");
        assert_eq!(at(2).growth(&Samples::default(), "n_total"), Some(2.0));
    }

    #[test]
    fn a_quantile_is_of_what_came_in_between_and_of_all_series_together() {
        let at = |[a, b, all]: [u32; 3]| {
            let text = format!(
                "t_bucket{{le=\"0.1\",x=\"1\"}} {a}\nt_bucket{{le=\"0.2\",x=\"1\"}} {b}\n\
                 t_bucket{{le=\"+Inf\",x=\"1\"}} {all}\nt_bucket{{le=\"0.1\",x=\"2\"}} 0\n\
                 t_bucket{{le=\"0.2\",x=\"2\"}} 0\nt_bucket{{le=\"+Inf\",x=\"2\"}} 0\n"
            );
            Samples::parse(&text).unwrap()
        };
        let before = at([1_000, 1_000, 1_000]);
        let quantile = |now, q| at(now).quantile(&before, "t", q);
        assert_eq!(quantile([1_010, 1_020, 1_020], 0.25), Some(0.05));
        let median = quantile([1_000, 1_010, 1_010], 0.5).unwrap();
        assert!((median - 0.15).abs() < 1e-9, "{median}");
        assert_eq!(quantile([1_000, 1_000, 1_010], 0.5), Some(0.2), "beyond the last bound");
        assert_eq!(quantile([1_000, 1_000, 1_000], 0.5), None, "nothing came");
    }
}
