//! The report as one page: plain HTML, inline SVG, no script, nothing loaded.

mod charts;
mod plot;
mod scale;

use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::text::{asked_per_second, share_failed, show_elapsed, show_us};
use super::{Report, Times};
use crate::quantity::{show_count, three_digits};

const STYLE: &str = include_str!("style.css");

/// A colour (a class of the style sheet) and what it stands for.
type Legend = (&'static str, String);

/// A column of the table of times: name, value.
type Column = (&'static str, fn(&Times) -> f64);

pub(super) fn render(report: &Report) -> String {
    let title = escape(&report.title);
    let body = [
        header(report),
        warnings(report),
        slo(report),
        tiles(report),
        charts::over_time(report),
        charts::distribution(report),
        times(report),
        answers(report),
        footer(report),
    ]
    .concat();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )
}

fn header(report: &Report) -> String {
    let began = report.started_at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S UTC");
    let elapsed = show_elapsed(report.elapsed_seconds);
    let facts = collect(&facts(report), |(name, value)| {
        format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escape(name), escape(value))
    });
    let facts =
        if facts.is_empty() { facts } else { format!("<dl class=\"facts\">\n{facts}</dl>\n") };
    format!(
        "<header>\n<h1>{}</h1>\n<p class=\"when\">{began}, {elapsed}</p>\n{facts}</header>\n",
        escape(&report.title)
    )
}

/// What the program told, and counts that are seldom other than zero.
fn facts(report: &Report) -> Vec<(&str, String)> {
    let told = report.facts.iter().map(|fact| (fact.name.as_str(), fact.value.clone()));
    let requests = report.requests;
    let seldom = [("retries", requests.retries), ("unfinished", requests.unfinished)];
    let seldom = seldom.into_iter().filter(|(_, count)| *count > 0);
    let asked = report.load.as_ref().and_then(|load| load.asked);
    let asked = asked.map(|asked| {
        let rate = asked_per_second(asked, report);
        ("asked", format!("{} requests, {rate}/s", show_count(asked)))
    });
    told.chain(asked).chain(seldom.map(|(name, count)| (name, show_count(count)))).collect()
}

fn warnings(report: &Report) -> String {
    let warnings = report.load.as_ref().map_or(&[][..], |load| &load.warnings);
    collect(warnings, |warning| {
        let warning = escape(warning);
        format!("<section><span class=\"missed\">Warning:</span> {warning}</section>\n")
    })
}

/// What the target answered, and the kinds of requests.
fn answers(report: &Report) -> String {
    let Some(load) = &report.load else { return String::new() };
    let row = |name: &str, count: u64| {
        format!("<tr><th>{}</th><td>{}</td></tr>\n", escape(name), show_count(count))
    };
    let mut rows = String::new();
    for (status, count) in &load.statuses {
        rows.push_str(&row(&format!("status {status}"), *count));
    }
    for (kind, count) in &load.problems {
        rows.push_str(&row(&format!("problem {kind}"), *count));
    }
    if let Some(sent) = load.bytes_sent {
        rows.push_str(&row("bytes sent", sent));
    }
    rows.push_str(&row("bytes received", load.bytes_received));
    let table = |title: &str, rows: &str| {
        format!(
            "<section>\n<div class=\"head\"><h2>{title}</h2></div>\n<div class=\"scroll\">\
             <table class=\"narrow\">\n{rows}</table></div>\n</section>\n"
        )
    };
    if load.tasks.is_empty() {
        return table("Answers", &rows);
    }
    let tasks = collect(&load.tasks, |task| {
        let time = |value: fn(&Times) -> f64| {
            task.latency_us.as_ref().map_or_else(|| "-".to_owned(), |times| show_us(value(times)))
        };
        let cells = [
            show_count(task.requests),
            show_count(task.failed),
            time(|times| times.p50),
            time(|times| times.p99),
            time(|times| times.max),
        ];
        let cells = collect(&cells, |cell| format!("<td>{cell}</td>"));
        format!("<tr><th>{}</th>{cells}</tr>\n", escape(&task.name))
    });
    let head = collect(&["requests", "failed", "p50", "p99", "longest"], |name| {
        format!("<th>{name}</th>")
    });
    let tasks = format!("<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n{tasks}</tbody>");
    table("Answers", &rows) + &table("Tasks", &tasks)
}

fn tiles(report: &Report) -> String {
    let time = |value: fn(&Times) -> f64| {
        report.latency_us.as_ref().map_or_else(|| "-".to_owned(), |times| show_us(value(times)))
    };
    let requests = report.requests;
    let failed = match share_failed(report) {
        share if share.is_empty() => "failed".to_owned(),
        share => format!("failed, {share}"),
    };
    let tiles = [
        tile("", &show_count(requests.succeeded), "succeeded"),
        tile(if requests.failed > 0 { "bad" } else { "" }, &show_count(requests.failed), &failed),
        tile("", &format!("{}/s", three_digits(report.rate_per_second)), "a second"),
        tile("", &time(|times| times.p50), "latency p50"),
        tile("", &time(|times| times.p99), "latency p99"),
        tile("", &time(|times| times.max), "latency, longest"),
    ];
    format!("<div class=\"tiles\">\n{}</div>\n", tiles.concat())
}

fn tile(class: &str, figure: &str, name: &str) -> String {
    let class = format!("tile {class}");
    format!(
        "<div class=\"{}\"><b>{}</b><span>{}</span></div>\n",
        class.trim_end(),
        escape(figure),
        escape(name)
    )
}

fn slo(report: &Report) -> String {
    let Some(slo) = &report.slo else { return String::new() };
    let word = |met| if met { ("met", "met") } else { ("missed", "missed") };
    let rows = collect(&slo.verdict.checks, |check| {
        let (class, verdict) = word(check.met);
        format!(
            "<tr><th>{}</th><td>{}</td><td class=\"{class}\">{verdict}</td></tr>\n",
            escape(&check.condition),
            escape(&check.show_actual())
        )
    });
    let (class, verdict) = word(slo.met);
    format!(
        "<section>\n<div class=\"head\"><h2>Thresholds: <span class=\"{class}\">{verdict}</span>\
         </h2></div>\n<div class=\"scroll\"><table class=\"narrow\">\n{rows}</table></div>\n</section>\n"
    )
}

fn times(report: &Report) -> String {
    const COLUMNS: [Column; 8] = [
        ("shortest", |times| times.min),
        ("mean", |times| times.mean),
        ("p50", |times| times.p50),
        ("p90", |times| times.p90),
        ("p99", |times| times.p99),
        ("p99.9", |times| times.p99_9),
        ("p99.99", |times| times.p99_99),
        ("longest", |times| times.max),
    ];
    let head = collect(&COLUMNS, |(name, _)| format!("<th>{name}</th>"));
    let rows = collect(&report.times(), |(name, times, meaning)| {
        let cells = collect(&COLUMNS, |(_, value)| format!("<td>{}</td>", show_us(value(times))));
        format!("<tr><th title=\"{meaning}\">{name}</th>{cells}</tr>\n")
    });
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<section>\n<div class=\"head\"><h2>Times</h2></div>\n<div class=\"scroll\"><table>\n\
         <thead><tr><th></th>{head}</tr></thead>\n<tbody>\n{rows}</tbody></table></div>\n</section>\n"
    )
}

fn footer(report: &Report) -> String {
    let interval = report.intervals.first().map_or(0.0, |interval| interval.seconds);
    format!(
        "<footer>Latency runs from when a request <em>should</em> have been sent to its end, so a \
         queue before the target is in it; failed requests count, too. Service time runs from when \
         it was sent. Plots over time show intervals of {interval:.1} s.</footer>\n"
    )
}

/// A plot with its heading.
fn chart(title: &str, legend: &[Legend], plot: &str) -> String {
    let legend = collect(legend, |(colour, name)| {
        format!("<span class=\"{colour}\"><i></i><span>{}</span></span>\n", escape(name))
    });
    format!(
        "<section>\n<div class=\"head\"><h2>{}</h2>\n<div class=\"legend\">\n{legend}</div></div>\n\
         <div class=\"scroll\">{plot}</div></section>\n",
        escape(title)
    )
}

/// A place on the time axis: `45 s`, `2:30 min`, `1:15 h`.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a run is not so long")]
fn show_seconds(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        0..120 => format!("{} s", (seconds * 10.0).round() / 10.0),
        120..7200 => format!("{}:{:02} min", whole / 60, whole % 60),
        _ => format!("{}:{:02} h", whole / 3600, whole % 3600 / 60),
    }
}

fn collect<T>(items: &[T], html: impl Fn(&T) -> String) -> String {
    items.iter().fold(String::new(), |mut all, item| {
        let _ = write!(all, "{}", html(item));
        all
    })
}

/// Text that means itself, in content and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(sign),
        }
    }
    safe
}
