//! The report for a terminal.

use std::fmt::Write as _;
use std::time::Duration;

use super::{LoadFigures, Report};
use crate::quantity::{show_count, show_time, three_digits};

/// Columns of the table of times.
const COLUMNS: [&str; 7] = ["p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"];

pub(super) fn render(report: &Report) -> String {
    let mut text = String::new();
    write(report, &mut text).expect("a string takes everything");
    text
}

fn write(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "{}", report.title)?;
    for fact in &report.facts {
        writeln!(out, "  {:<12} {}", fact.name, fact.value)?;
    }
    writeln!(out)?;
    requests(report, out)?;
    writeln!(out)?;
    times(report, out)?;
    if let Some(load) = &report.load {
        tasks(load, out)?;
        warnings(load, out)?;
    }
    slo(report, out)
}

fn requests(report: &Report, out: &mut String) -> std::fmt::Result {
    let requests = report.requests;
    let line = |out: &mut String, name: &str, count: u64, more: &str| {
        let line = format!("  {name:<12} {:>13}  {more}", show_count(count));
        writeln!(out, "{}", line.trim_end())
    };
    let elapsed = show_elapsed(report.elapsed_seconds);
    let rate = three_digits(report.rate_per_second);
    if let Some(asked) = report.load.as_ref().and_then(|load| load.asked) {
        line(out, "asked", asked, &format!("{}/s", asked_per_second(asked, report)))?;
    }
    line(out, "requests", requests.ended, &format!("in {elapsed}"))?;
    line(out, "succeeded", requests.succeeded, &format!("{rate}/s"))?;
    line(out, "failed", requests.failed, &share_failed(report))?;
    for (kind, count) in &report.errors {
        line(out, "", *count, kind)?;
    }
    if requests.retries > 0 {
        line(out, "retries", requests.retries, "attempts beyond a request's first")?;
    }
    if requests.unfinished > 0 {
        line(out, "unfinished", requests.unfinished, "in no other figure")?;
    }
    let mean = format!("at most, {} on average", three_digits(report.in_flight.mean));
    line(out, "in flight", report.in_flight.max, &mean)?;
    match &report.load {
        Some(load) => answers(load, out),
        None => Ok(()),
    }
}

fn answers(load: &LoadFigures, out: &mut String) -> std::fmt::Result {
    let statuses = load.statuses.iter().map(|(status, count)| (format!("status {status}"), *count));
    let problems = load.problems.iter().map(|(kind, count)| (format!("problem {kind}"), *count));
    for (number, (kind, count)) in statuses.chain(problems).enumerate() {
        let name = if number == 0 { "answers" } else { "" };
        writeln!(out, "  {name:<12} {:>13}  {kind}", show_count(count))?;
    }
    if let Some(sent) = load.bytes_sent {
        writeln!(out, "  {:<12} {:>13}  sent", "bytes", show_count(sent))?;
    }
    let name = if load.bytes_sent.is_some() { "" } else { "bytes" };
    writeln!(out, "  {name:<12} {:>13}  received", show_count(load.bytes_received))
}

/// What was asked, over the time in which it should have been sent.
pub(super) fn asked_per_second(asked: u64, report: &Report) -> String {
    let staged = |load: &LoadFigures| load.stages.iter().map(|stage| stage.seconds).sum::<f64>();
    let seconds = report.load.as_ref().map_or(0.0, staged).min(report.elapsed_seconds);
    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    let rate = if seconds > 0.0 { asked as f64 / seconds } else { 0.0 };
    three_digits(rate)
}

fn tasks(load: &LoadFigures, out: &mut String) -> std::fmt::Result {
    if load.tasks.is_empty() {
        return Ok(());
    }
    let head = ["requests", "failed", "p50", "p90", "p99", "max"];
    writeln!(out, "\n  {:<12} {}", "task", cells(&head.map(str::to_owned)))?;
    for task in &load.tasks {
        let time = |value: fn(&super::Times) -> f64| {
            task.latency_us.as_ref().map_or_else(|| "-".to_owned(), |times| show_us(value(times)))
        };
        let columns = [
            show_count(task.requests),
            show_count(task.failed),
            time(|times| times.p50),
            time(|times| times.p90),
            time(|times| times.p99),
            time(|times| times.max),
        ];
        writeln!(out, "  {:<12} {}", task.name, cells(&columns))?;
    }
    Ok(())
}

fn warnings(load: &LoadFigures, out: &mut String) -> std::fmt::Result {
    for warning in &load.warnings {
        writeln!(out, "\n  WARNING      {warning}")?;
    }
    Ok(())
}

pub(super) fn share_failed(report: &Report) -> String {
    #[expect(clippy::cast_precision_loss, reason = "requests are far below 2^52")]
    let share = report.requests.failed as f64 / report.requests.ended.max(1) as f64;
    match report.requests.failed {
        0 => String::new(),
        _ if share < 1e-5 => "under 0.001 %".to_owned(),
        _ => format!("{:.3} %", share * 100.0),
    }
}

fn times(report: &Report, out: &mut String) -> std::fmt::Result {
    writeln!(out, "  {:<12} {}", "", cells(&COLUMNS.map(str::to_owned)))?;
    for (name, times, meaning) in report.times() {
        let columns =
            [times.p50, times.p90, times.p99, times.p99_9, times.p99_99, times.max, times.mean];
        writeln!(out, "  {name:<12} {}   {meaning}", cells(&columns.map(show_us)))?;
    }
    Ok(())
}

fn cells(cells: &[String]) -> String {
    let cells: Vec<_> = cells.iter().map(|cell| format!("{cell:>9}")).collect();
    cells.join(" ")
}

fn slo(report: &Report, out: &mut String) -> std::fmt::Result {
    let Some(slo) = &report.slo else { return Ok(()) };
    writeln!(out)?;
    let checks = &slo.verdict.checks;
    let width = checks.iter().map(|check| check.condition.chars().count()).max().unwrap_or(0);
    for check in checks {
        let verdict = if check.met { "met" } else { "MISSED" };
        writeln!(out, "  {verdict:<12} {:<width$}  {}", check.condition, check.show_actual())?;
    }
    Ok(())
}

/// Microseconds, for people.
pub(super) fn show_us(us: f64) -> String {
    show_time(Duration::from_secs_f64(us / 1e6))
}

/// How long a run took: `12.3 s`, `4 min 05 s`, `2 h 03 min`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run is not so long")]
pub(super) fn show_elapsed(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}
