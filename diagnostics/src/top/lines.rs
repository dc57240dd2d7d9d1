//! A view as lines of text.

use std::time::Duration;

use measure::{show_count, show_time};

use super::programs::ProgramFigures;
use super::view::{Figures, Program, Side, View};
use super::watch::Watch;
use crate::screen::{Line, Look};
use crate::text::plain;

/// What is shown until there is something to show.
pub(super) fn waiting(watch: &Watch) -> Vec<Line> {
    let deployment = watch.deployment();
    vec![
        Line::of(Look::Bold, format!("seriatim top   looking at {}", deployment.log_url())),
        Line::of(Look::Dim, "q ends"),
    ]
}

/// The lines of a view, the most important first.
pub(super) fn of(view: &View) -> Vec<Line> {
    let mut lines = vec![Line::of(Look::Bold, format!("seriatim top   {}", view.at))];
    lines.extend(side("log", &view.log));
    lines.extend(side("store", &view.store));
    lines.push(Line::plain(""));
    lines.push(Line::of(Look::Bold, columns(HEADINGS)));
    lines.push(Line::plain(row("all", &view.total)));
    for partition in &view.partitions {
        lines.push(Line::plain(row(&partition.partition.to_string(), &partition.figures)));
    }
    lines.push(Line::of(Look::Dim, LEGEND));
    lines.push(Line::plain(""));
    lines.extend(parked(view));
    lines.push(retries(view));
    for program in &view.programs {
        lines.extend(of_program(program));
    }
    lines.push(Line::of(Look::Dim, "q ends"));
    lines
}

/// Where it is, and below that what keeps it from being looked at.
fn side(name: &str, side: &Side) -> Vec<Line> {
    let mut lines = vec![Line::plain(format!("{name:<6} {}", side.url))];
    lines.extend(side.error.as_deref().map(|why| Line::of(Look::Alarm, plain(why))));
    lines
}

const HEADINGS: [&str; 10] =
    ["part", "commands", "in/s", "dec/s", "lag", "proj/s", "lag", "retry", "parked", "dead"];
const LEGEND: &str = "lag: commands to decide, then events to project; dead: letters that wait";

/// A row of the table; a terminal of 80 columns shows it whole.
fn columns(cells: [&str; 10]) -> String {
    let [name, commands, taken, decided, engine, projected, projector, retry, parked, dead] = cells;
    format!(
        "{name:<4} {commands:>11} {taken:>7} {decided:>7} {engine:>7} {projected:>7} {projector:>7} \
         {retry:>6} {parked:>7} {dead:>6}"
    )
}

fn row(name: &str, figures: &Figures) -> String {
    let Figures { dead_commands, dead_events, .. } = *figures;
    let dead = dead_commands.zip(dead_events).map(|(commands, events)| commands + events);
    columns([
        name,
        &count(figures.commands),
        &rate(figures.commands_per_s),
        &rate(figures.decided_per_s),
        &count(figures.engine_lag),
        &rate(figures.projected_per_s),
        &count(figures.projector_lag),
        &count(figures.retrying),
        &count(figures.parked),
        &count(dead),
    ])
}

fn parked(view: &View) -> Option<Line> {
    let count = view.total.parked.filter(|count| *count > 0)?;
    let since = view.parked_since.as_deref().unwrap_or("?");
    let dead = view.total.parked_behind_dead_letters.unwrap_or(0);
    let text = format!(
        "{} parked, the oldest since {since}; {} behind a dead letter (diagnostics dlt list)",
        show_count(count),
        show_count(dead),
    );
    Some(Line::of(Look::Alarm, text))
}

fn retries(view: &View) -> Line {
    let topic = |retry: &super::view::RetryTopic| {
        let delay = retry.topic.trim_start_matches("order-events-");
        format!("{delay}: {}", count(retry.waiting))
    };
    let topics: Vec<_> = view.retry_topics.iter().map(topic).collect();
    let written = rate(view.total.dead_letters_per_s);
    Line::plain(format!("waiting in {}; dead letters: {written}/s", topics.join(", ")))
}

fn of_program(program: &Program) -> Vec<Line> {
    if let Some(why) = &program.error {
        return vec![Line::of(Look::Alarm, format!("{}: {}", program.url, plain(why)))];
    }
    let mut lines = vec![Line::of(Look::Bold, program.url.clone())];
    let Some(figures) = &program.figures else { return lines };
    let ProgramFigures { accepted_per_s, repeated_per_s, refused_per_s, .. } = figures;
    let rates = [
        ("accepted", accepted_per_s),
        ("repeated", repeated_per_s),
        ("refused", refused_per_s),
        ("decided", &figures.decided_per_s),
        ("projected", &figures.projected_per_s),
        ("store retries", &figures.store_retries_per_s),
    ];
    let known = rates.iter().filter(|(_, value)| value.is_some());
    let known: Vec<_> = known.map(|(name, value)| format!("{name} {}/s", rate(**value))).collect();
    let times = [
        ("append", figures.append_p99_s),
        ("outcome", figures.outcome_wait_p99_s),
        ("store write", figures.store_write_p99_s),
        ("query", figures.query_p99_s),
    ];
    let known_times = times.iter().filter_map(|(name, value)| {
        Some(format!("{name} {}", show_time(Duration::from_secs_f64((*value)?))))
    });
    let known_times: Vec<_> = known_times.collect();
    lines.push(Line::plain(format!("  {}", known.join("   "))));
    if !known_times.is_empty() {
        lines.push(Line::plain(format!("  p99: {}", known_times.join("   "))));
    }
    lines
}

fn count(count: Option<u64>) -> String {
    count.map_or_else(|| "?".to_owned(), show_count)
}

fn rate(rate: Option<f64>) -> String {
    match rate {
        None => "?".to_owned(),
        Some(rate) if rate > 0.0 && rate < 10.0 => format!("{rate:.1}"),
        // Rounded, and far below 2^53.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        Some(rate) => show_count(rate.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings_and_what_is_not_known_is_a_question_mark() {
        let figures = Figures {
            commands: Some(1_234_567),
            commands_per_s: Some(1_234.4),
            engine_lag: Some(0),
            dead_commands: Some(2),
            dead_events: Some(3),
            ..Figures::default()
        };
        let row = row("all", &figures);
        let cells: Vec<_> = row.split_whitespace().collect();
        assert_eq!(cells, ["all", "1,234,567", "1,234", "?", "0", "?", "?", "?", "?", "5"]);
        assert_eq!(row.len(), columns(HEADINGS).len());
        assert!(row.len() <= 80, "{row}");
        assert_eq!(rate(Some(0.5)), "0.5");
        assert_eq!(rate(Some(0.0)), "0");
    }
}
