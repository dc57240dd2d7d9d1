//! A stretch of entries, as it is typed.

use std::fmt;
use std::str::FromStr;

use measure::BadQuantity;
use service_kit::config::ConfigError;
use traffic_archive::Sequence;

/// Entries that a run may skip.
const SKIPPED_MAX: usize = 1 << 20;

/// From an entry to another, both inclusive. As text: `7`, `20-25`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    first: Sequence,
    last: Sequence,
}

impl Stretch {
    /// Whether an entry is in it.
    pub fn contains(&self, sequence: Sequence) -> bool {
        (self.first..=self.last).contains(&sequence)
    }
}

/// All entries of some stretches, as far as there are any. Fails if these are too many to remember.
pub(super) fn all(
    stretches: &[Stretch],
    last: Option<Sequence>,
) -> Result<Vec<Sequence>, ConfigError> {
    let mut all = Vec::new();
    for stretch in stretches {
        let last = last.map_or(stretch.last, |last| last.min(stretch.last));
        let more = (stretch.first.get()..=last.get()).filter_map(Sequence::new);
        all.extend(more.take(SKIPPED_MAX + 1));
        if all.len() > SKIPPED_MAX {
            let reason = format!("more than {SKIPPED_MAX} entries; begin later with --from");
            return Err(ConfigError::invalid("skip", reason));
        }
    }
    Ok(all)
}

impl FromStr for Stretch {
    type Err = BadQuantity;

    fn from_str(text: &str) -> Result<Self, BadQuantity> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let stretch = first.parse().ok().zip(last.parse().ok());
        let stretch = stretch.filter(|(first, last): &(Sequence, Sequence)| first <= last);
        let wrong = || BadQuantity::new(text, "an entry's number, or two, such as 7 or 20-25");
        stretch.map(|(first, last)| Self { first, last }).ok_or_else(wrong)
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            return write!(f, "{}", self.first);
        }
        write!(f, "{}-{}", self.first, self.last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_one_number_or_two() {
        for text in ["7", "20-25"] {
            assert_eq!(text.parse::<Stretch>().unwrap().to_string(), text);
        }
        let stretch: Stretch = "20-25".parse().unwrap();
        let has = |number| stretch.contains(Sequence::new(number).unwrap());
        assert!(has(20) && has(25) && !has(19) && !has(26));
        let last = Sequence::new(22);
        let count = |text: &str| all(&[text.parse().unwrap()], last).map(|all| all.len());
        assert_eq!((count("20-25").unwrap(), count("30-40").unwrap()), (3, 0));
        assert!(all(&["1-9000000".parse().unwrap()], None).is_err());
        for text in ["", "0", "5-4", "1-", "-3", "1-2-3", "a"] {
            assert!(text.parse::<Stretch>().is_err(), "{text}");
        }
    }
}
