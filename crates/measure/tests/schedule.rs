//! Intended starts against a naive model, and what is typed as a pace.

use std::time::{Duration, Instant};

use measure::{Pace, Rate, Schedule, Speed, Start};
use proptest::prelude::*;

/// Starts since the beginning, of requests recorded at these times.
fn starts(pace: Pace, gap_max: Option<Duration>, recorded: &[Duration]) -> Vec<Duration> {
    let begin = Instant::now();
    let mut schedule = Schedule::new(pace, begin);
    if let Some(gap_max) = gap_max {
        schedule = schedule.with_gap_max(gap_max);
    }
    let starts = recorded.iter().map(|at| match schedule.next(*at) {
        Start::At(start) => start - begin,
        Start::Whenever => panic!("{pace} has no intended start"),
    });
    starts.collect()
}

fn micros(micros: &[u64]) -> Vec<Duration> {
    micros.iter().copied().map(Duration::from_micros).collect()
}

fn pace(text: &str) -> Pace {
    text.parse().unwrap()
}

#[test]
fn the_original_pace_keeps_every_gap_exactly() {
    let recorded = micros(&[1_700_000_000_000_000, 1_700_000_000_000_001, 1_700_000_360_000_007]);
    assert_eq!(starts(Pace::ORIGINAL, None, &recorded), micros(&[0, 1, 360_000_007]));
}

#[test]
fn ten_times_faster_is_a_tenth_of_every_gap() {
    let recorded = micros(&[50, 1_050, 11_050]);
    assert_eq!(starts(pace("10x"), None, &recorded), micros(&[0, 100, 1_100]));
    assert_eq!(starts(pace("0.5x"), None, &recorded), micros(&[0, 2_000, 22_000]));
}

#[test]
fn a_steady_rate_looks_at_no_recording() {
    let recorded = micros(&[9, 9_999_999, 3, 5]);
    assert_eq!(starts(pace("1000/s"), None, &recorded), micros(&[0, 1_000, 2_000, 3_000]));
    assert_eq!(starts(pace("30/min"), None, &recorded)[3], Duration::from_secs(6));
}

#[test]
fn no_quiet_night_is_waited_for() {
    let recorded = micros(&[0, 500, 3_000_000_500, 3_000_000_700]);
    let gap_max = Some(Duration::from_millis(2));
    assert_eq!(starts(Pace::ORIGINAL, gap_max, &recorded), micros(&[0, 500, 2_500, 2_700]));
    // The gap is shortened before it is sped up.
    assert_eq!(starts(pace("2x"), gap_max, &recorded), micros(&[0, 250, 1_250, 1_350]));
}

#[test]
fn without_a_pace_nothing_is_ever_late() {
    let mut schedule = Schedule::new(Pace::Unlimited, Instant::now());
    assert_eq!(schedule.next(Duration::from_secs(5)), Start::Whenever);
}

#[test]
fn a_rate_that_is_no_fraction_does_not_drift() {
    let hour = 3 * 3_600;
    let recorded = vec![Duration::ZERO; hour + 1];
    let last = *starts(pace("3/s"), None, &recorded).last().unwrap();
    assert_eq!(last, Duration::from_hours(1));
}

#[test]
fn a_recording_of_centuries_does_not_overflow() {
    let recorded = [Duration::ZERO, Duration::from_secs(u64::MAX / 2), Duration::MAX];
    for pace in [Pace::ORIGINAL, pace("0.001x")] {
        let starts = starts(pace, None, &recorded);
        assert!(starts[1] <= starts[2] && starts[2] >= Duration::from_hours(24 * 365 * 99));
    }
}

proptest! {
    #[test]
    fn recorded_starts_are_what_a_naive_model_says(
        recorded in prop::collection::vec(0_u64..10_000_000, 1..100),
        gap_max in prop::option::of(0_u64..5_000_000),
        speed in prop_oneof![Just(1.0), 0.01..100.0_f64],
    ) {
        let pace = Pace::Recorded(Speed::new(speed).unwrap());
        let found = starts(pace, gap_max.map(Duration::from_micros), &micros(&recorded));
        let (mut clock, mut latest) = (0_u64, recorded[0]);
        for (found, at) in found.iter().zip(&recorded) {
            let gap = at.saturating_sub(latest);
            clock += gap_max.map_or(gap, |most| gap.min(most));
            latest = latest.max(*at);
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let naive = clock as f64 / speed;
            prop_assert!((found.as_secs_f64() * 1e6 - naive).abs() < 0.01, "{found:?}, not {naive}");
        }
        prop_assert!(found.is_sorted());
    }

    #[test]
    fn steady_starts_are_even(rate in 0.01..1e6_f64, number in 1_usize..2_000) {
        let pace = Pace::Steady(Rate::per_second(rate).unwrap());
        let found = starts(pace, None, &vec![Duration::ZERO; number]);
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let naive = (number - 1) as f64 / rate;
        prop_assert!((found[number - 1].as_secs_f64() - naive).abs() < 1e-8 + naive * 1e-12);
        prop_assert!(found.is_sorted());
    }

    #[test]
    fn a_pace_reads_what_it_shows(
        pace in prop_oneof![
            Just(Pace::ORIGINAL),
            Just(Pace::Unlimited),
            (0.001..1e6_f64).prop_map(|speed| Pace::Recorded(Speed::new(speed).unwrap())),
            (0.001..1e7_f64).prop_map(|rate| Pace::Steady(Rate::per_second(rate).unwrap())),
        ],
    ) {
        prop_assert_eq!(pace.to_string().parse::<Pace>().unwrap(), pace);
    }
}

#[test]
fn a_pace_that_is_none_is_refused_with_what_was_expected() {
    let error = |text: &str| text.parse::<Pace>().unwrap_err().to_string();
    for text in ["", "fast", "5000", "10", "Original", "x", "0x", "-2x", "1e3x", "inf/s", "0/s"] {
        assert!(error(text).starts_with(&format!("`{text}` is no ")), "{}", error(text));
    }
    assert_eq!(
        error("fast"),
        "`fast` is no pace: expected `original`, a factor like `10x`, a rate like `5000/s`, or `max`"
    );
    assert!(error("5k/s").contains("`5000/s`, `300/min` or `10/h`"), "{}", error("5k/s"));
    assert!(error("2000000x").contains("from 0.001 to 1000000"), "{}", error("2000000x"));
}
