//! What is plotted: rate, latency, requests under way and errors over time; the distribution.

use std::collections::BTreeMap;

use super::plot::Plot;
use super::scale::Scale;
use super::{chart, show_seconds};
use crate::quantity::{show_count, three_digits};
use crate::report::text::show_us;
use crate::report::{IntervalFigures, IntervalTimes, LevelUnit, Report};

/// Kinds of errors with a colour of their own, commonest first; the others share one.
const ERROR_COLOURS: [&str; 4] = ["red", "amber", "violet", "blue"];
const OTHER_COLOUR: &str = "grey";

pub(super) fn over_time(report: &Report) -> String {
    if report.intervals.is_empty() {
        return String::new();
    }
    [rate(report), latency(report), in_flight(report), errors(report)].concat()
}

fn rate(report: &Report) -> String {
    let failed = |interval: &IntervalFigures| per_second(interval.failed(), interval.seconds);
    let values = report.intervals.iter().flat_map(|it| [it.rate_per_second, failed(it)]);
    let asked = levels(report, LevelUnit::PerSecond);
    let values = values.chain(asked.iter().filter_map(|(_, rate)| *rate));
    let mut plot = over(report, "Requests a second over time", Scale::from_zero(values), label);
    let mut legend = vec![("blue", "succeeded".to_owned())];
    if !asked.is_empty() {
        plot.line("grey", &asked);
        legend.push(("grey", "asked".to_owned()));
    }
    let succeeded = points(report, |interval| interval.rate_per_second);
    plot.area("blue", &succeeded);
    plot.line("blue", &some(&succeeded));
    if report.requests.failed > 0 {
        plot.line("red", &some(&points(report, failed)));
        legend.push(("red", "failed".to_owned()));
    }
    slots(&mut plot, report, |interval| {
        let failed = three_digits(failed(interval));
        format!("succeeded {}/s\nfailed {failed}/s", three_digits(interval.rate_per_second))
    });
    chart("Rate, requests a second", &legend, &plot.into_svg())
}

/// The lines of the latency plot: colour, name, value.
type Line = (&'static str, &'static str, fn(&IntervalTimes) -> f64);

fn latency(report: &Report) -> String {
    const LINES: [Line; 4] = [
        ("grey", "longest", |times| times.max),
        ("violet", "p99", |times| times.p99),
        ("teal", "p90", |times| times.p90),
        ("blue", "p50", |times| times.p50),
    ];
    let times = report.intervals.iter().filter_map(|interval| interval.latency_us);
    let values = times.flat_map(|times| [times.p50, times.max]).filter(|value| *value > 0.0);
    let scale = Scale::log(values);
    let mut plot = over(report, "Latency over time", scale, show_tick_us);
    for (colour, _, value) in LINES {
        let at = |interval: &IntervalFigures| interval.latency_us.as_ref().map(value);
        let points: Vec<_> = report.intervals.iter().map(|it| (middle(it), at(it))).collect();
        plot.line(colour, &points);
    }
    slots(&mut plot, report, |interval| match &interval.latency_us {
        None => "nothing ended".to_owned(),
        Some(times) => {
            let line = |(_, name, value): &Line| format!("{name} {}", show_us(value(times)));
            LINES.iter().map(line).collect::<Vec<_>>().join("\n")
        }
    });
    let legend = LINES.map(|(colour, name, _)| (colour, name.to_owned()));
    chart("Latency from the intended start", &legend, &plot.into_svg())
}

fn in_flight(report: &Report) -> String {
    #[expect(clippy::cast_precision_loss, reason = "requests under way are far below 2^52")]
    let most = |interval: &IntervalFigures| interval.in_flight.max as f64;
    let users = levels(report, LevelUnit::Users);
    let seen = report.intervals.iter().map(most);
    let scale = Scale::from_zero(seen.chain(users.iter().filter_map(|(_, level)| *level)));
    let mut plot = over(report, "Requests in flight over time", scale, label);
    let mut legend = vec![("grey", "most".to_owned()), ("teal", "mean".to_owned())];
    if !users.is_empty() {
        plot.line("violet", &users);
        legend.push(("violet", "users".to_owned()));
    }
    let mean = points(report, |interval| interval.in_flight.mean);
    plot.area("teal", &mean);
    plot.line("grey", &some(&points(report, most)));
    plot.line("teal", &some(&mean));
    slots(&mut plot, report, |interval| {
        let mean = three_digits(interval.in_flight.mean);
        format!("mean {mean}\nmost {}", show_count(interval.in_flight.max))
    });
    chart("In flight", &legend, &plot.into_svg())
}

/// The level of a load over time, as far as the run went.
fn levels(report: &Report, unit: LevelUnit) -> Vec<(f64, Option<f64>)> {
    let stages = report.load.iter().flat_map(|load| &load.stages);
    let stages = stages.filter(|stage| stage.unit == unit && stage.seconds > 0.0);
    let ends = stages.flat_map(|stage| {
        let end = stage.from_seconds + stage.seconds;
        [(stage.from_seconds, Some(stage.from)), (end, Some(stage.to))]
    });
    ends.filter(|(seconds, _)| *seconds <= report.elapsed_seconds + 1.0).collect()
}

/// Bars of errors a second, one kind upon the other.
fn errors(report: &Report) -> String {
    if report.errors.is_empty() {
        return chart(
            "Errors, requests a second",
            &[],
            "<span class=\"met\">No request failed.</span>",
        );
    }
    let mut kinds: Vec<_> = report.errors.iter().collect();
    kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), *kind));
    let named = kinds.iter().map(|(kind, _)| kind.as_str()).zip(ERROR_COLOURS);
    let colours: BTreeMap<&str, &str> = named.clone().collect();
    let mut legend: Vec<_> =
        named.map(|(kind, colour)| (colour, with_count(report, kind))).collect();
    if kinds.len() > ERROR_COLOURS.len() {
        legend.push((OTHER_COLOUR, "others".to_owned()));
    }

    let scale = Scale::from_zero(
        report.intervals.iter().map(|interval| per_second(interval.failed(), interval.seconds)),
    );
    let mut plot = over(report, "Errors a second over time", scale, label);
    for interval in &report.intervals {
        let mut below = 0.0;
        let (known, others): (Vec<_>, Vec<_>) =
            interval.errors.iter().partition(|(kind, _)| colours.contains_key(kind.as_str()));
        for (kind, count) in known.into_iter().chain(others) {
            let colour = colours.get(kind.as_str()).unwrap_or(&OTHER_COLOUR);
            let above = below + per_second(*count, interval.seconds);
            plot.bar(colour, span(interval), (below, above));
            below = above;
        }
    }
    slots(&mut plot, report, |interval| {
        let line = |(kind, count): (&String, &u64)| format!("{kind}: {}", show_count(*count));
        let lines: Vec<_> = interval.errors.iter().map(line).collect();
        if lines.is_empty() { "no error".to_owned() } else { lines.join("\n") }
    });
    chart("Errors, requests a second", &legend, &plot.into_svg())
}

fn with_count(report: &Report, kind: &str) -> String {
    format!("{kind} ({})", show_count(report.errors.get(kind).copied().unwrap_or_default()))
}

/// How often which latency occurred.
pub(super) fn distribution(report: &Report) -> String {
    let Some(latency) = &report.latency_us else { return String::new() };
    let bins = &report.distribution;
    let x = Scale::log(bins.iter().flat_map(|bin| [bin.from_us, bin.to_us]));
    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    let share = |count: u64| count as f64 * 100.0 / report.requests.ended.max(1) as f64;
    let y = Scale::from_zero(bins.iter().map(|bin| share(bin.count)));
    let mut plot = Plot::new("How often which latency occurred", (x, show_tick_us), (y, percent));
    for bin in bins.iter().filter(|bin| bin.count > 0) {
        plot.bar("blue", (bin.from_us, bin.to_us), (0.0, share(bin.count)));
    }
    let marks = [
        (latency.p50, "p50"),
        (latency.p90, "p90"),
        (latency.p99, "p99"),
        (latency.p99_9, "p99.9"),
    ];
    plot.marks("violet", &marks);
    for bin in bins {
        let range = format!("{} to {}", show_us(bin.from_us), show_us(bin.to_us));
        let count = format!("{} requests, {:.3} %", show_count(bin.count), share(bin.count));
        plot.words((bin.from_us, bin.to_us), &format!("{range}\n{count}"));
    }
    chart(
        "Distribution of the latency",
        &[("blue", "share of all that ended".to_owned())],
        &plot.into_svg(),
    )
}

fn over(report: &Report, title: &str, y: Scale, y_label: fn(f64) -> String) -> Plot {
    let end = report.intervals.last().map_or(0.0, |last| span(last).1);
    Plot::new(title, (Scale::time(end), show_seconds), (y, y_label))
}

fn slots(plot: &mut Plot, report: &Report, words: impl Fn(&IntervalFigures) -> String) {
    for interval in &report.intervals {
        let (from, to) = span(interval);
        plot.words((from, to), &format!("{from:.1} to {to:.1} s\n{}", words(interval)));
    }
}

fn span(interval: &IntervalFigures) -> (f64, f64) {
    (interval.from_seconds, interval.from_seconds + interval.seconds)
}

fn middle(interval: &IntervalFigures) -> f64 {
    interval.from_seconds + interval.seconds / 2.0
}

fn points(report: &Report, value: impl Fn(&IntervalFigures) -> f64) -> Vec<(f64, f64)> {
    report.intervals.iter().map(|interval| (middle(interval), value(interval))).collect()
}

fn some(points: &[(f64, f64)]) -> Vec<(f64, Option<f64>)> {
    points.iter().map(|(x, y)| (*x, Some(*y))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
fn per_second(count: u64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}

/// A round number, short: `0.5`, `200`, `50k`, `2M`.
fn label(value: f64) -> String {
    match value {
        1e6.. => format!("{}M", tidy(value / 1e6)),
        1e4.. => format!("{}k", tidy(value / 1e3)),
        _ => tidy(value),
    }
}

fn percent(value: f64) -> String {
    format!("{} %", tidy(value))
}

/// A round time in microseconds, short: `50 µs`, `2 ms`.
fn show_tick_us(us: f64) -> String {
    match us {
        ..1e3 => format!("{} µs", tidy(us)),
        ..1e6 => format!("{} ms", tidy(us / 1e3)),
        _ => format!("{} s", tidy(us / 1e6)),
    }
}

/// A round number without the dust of its computation.
fn tidy(value: f64) -> String {
    format!("{}", (value * 1e6).round() / 1e6)
}
