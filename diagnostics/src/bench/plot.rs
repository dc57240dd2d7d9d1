//! A run as a page that needs nothing else: every row a bar against what it is held against.

use std::fmt::Write as _;

use super::report::{Bound, Report, Row, show_ratio};

const WIDTH: f64 = 960.0;
/// Where the bars begin and end; names stand before them, figures behind.
const LEFT: f64 = 330.0;
const RIGHT: f64 = 660.0;
const ROW: f64 = 30.0;
const TOP: f64 = 26.0;

/// What a bar may show of a row: it as a share of something.
struct Share {
    /// The median.
    value: f64,
    /// Each round.
    rounds: Vec<f64>,
    /// What is demanded, likewise.
    bound: Option<f64>,
}

impl Share {
    /// Of the peer where there is one, else of the bound; `None` where there is neither.
    fn of(row: &Row) -> Option<Self> {
        let (whole, bound) = match (&row.peer, row.bound) {
            (Some(peer), Some(Bound::RatioAtLeast(least))) => (peer.value, Some(least)),
            (Some(peer), Some(Bound::Below(limit))) => (peer.value, Some(limit / peer.value)),
            (Some(peer), None) => (peer.value, None),
            (None, Some(Bound::Below(limit))) => (limit, Some(1.0)),
            (None, _) => return None,
        };
        let share = |value: &f64| value / whole;
        let rounds = row.ours_rounds.iter().map(share).collect();
        (whole > 0.0).then(|| Self { value: share(&row.ours), rounds, bound })
    }

    fn largest(&self) -> f64 {
        self.rounds.iter().chain([&self.value]).chain(&self.bound).copied().fold(1.0, f64::max)
    }
}

/// The page: the plot, and the table below it.
pub fn page(report: &Report) -> String {
    let processor = report.machine.processor.as_deref().unwrap_or("an unknown processor");
    let cores = report.machine.cores;
    let quick = if report.quick { " A quick run: it shows what works, not how well." } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <title>Seriatim: benchmark</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>Benchmark</h1>\n<p>{cores} cores of {}.{quick} Each bar is a share of what the row is held \
         against, the ceiling or peer, or else the bound; the line is at 1. Dots are rounds, the mark is \
         what is demanded. A bar with an arrow goes on.</p>\n{}\n<pre>{}</pre>\n</body></html>\n",
        escape(processor),
        svg(&report.rows),
        escape(&report.table()),
    )
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em}\
    text{font-size:12px;fill:currentColor}.ours{fill:#3b74c4}.missed{fill:#c4483b}.one{stroke:#888}\
    .bound{stroke:#d08a00;stroke-width:2}.round{fill:none;stroke:currentColor}pre{overflow-x:auto}\
    :root{color-scheme:light dark}";

/// Bars go no farther than to so many times what they are held against.
const SHARE_MAX: f64 = 2.0;

fn svg(rows: &[Row]) -> String {
    let shares: Vec<_> = rows.iter().map(Share::of).collect();
    let largest = shares.iter().flatten().map(Share::largest).fold(1.0, f64::max).min(SHARE_MAX);
    let x = |share: f64| LEFT + (RIGHT - LEFT) * share.min(largest) / largest;
    // There are some thirty rows.
    #[allow(clippy::cast_precision_loss)]
    let height = TOP + ROW * rows.len() as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"Every row as a share of what it is held against\">\n"
    );
    let _ = writeln!(svg, "<path class=\"one\" d=\"M{0:.1} 8V{height}\"/>", x(1.0));
    let mut y = TOP;
    for (row, share) in rows.iter().zip(&shares) {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            escape(&row.figure)
        );
        if let Some(share) = share {
            bar(&mut svg, row, share, y, &x);
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{y:.1}\">{}</text>",
            RIGHT + 14.0,
            escape(&figures(row))
        );
        y += ROW;
    }
    svg + "</svg>"
}

fn bar(svg: &mut String, row: &Row, share: &Share, y: f64, x: &impl Fn(f64) -> f64) {
    let class = if row.met == Some(false) { "missed" } else { "ours" };
    let (top, width) = (y - 12.0, x(share.value) - LEFT);
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"14\"/>"
    );
    for round in &share.rounds {
        let (x, y) = (x(*round), y - 5.0);
        let _ = writeln!(svg, "<circle class=\"round\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
    }
    if let Some(bound) = share.bound {
        let (x, top) = (x(bound), y - 15.0);
        let _ = writeln!(svg, "<path class=\"bound\" d=\"M{x:.1} {top:.1}v20\"/>");
    }
    if x(share.value) < x(f64::INFINITY) {
        return;
    }
    let _ = writeln!(svg, "<text x=\"{RIGHT}\" y=\"{y:.1}\">›</text>");
}

/// A row's figures in a few words.
fn figures(row: &Row) -> String {
    let mut words = row.unit.show(row.ours);
    if let (Some(ratio), Some(peer)) = (row.ratio, &row.peer) {
        let _ = write!(words, ", {} of {}", show_ratio(ratio), peer.what);
    }
    words
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::{Machine, Unit};

    #[test]
    fn the_page_has_every_row_and_loads_nothing() {
        let machine = Machine { cores: 2, processor: Some("A & B".to_owned()), load_before: None };
        let rows = vec![
            Row::new("posts", Unit::PerSecond, vec![50.0, 70.0, 60.0])
                .against("bare", vec![100.0])
                .bound(Bound::RatioAtLeast(0.7)),
            Row::new("p99", Unit::Milliseconds, vec![20.0]).bound(Bound::Below(50.0)),
            Row::new("book", Unit::PerSecond, vec![2_200.0]).against("plain", vec![100.0]),
            Row::new("peak", Unit::Megabytes, vec![20.0]),
        ];
        let report = Report { machine, quick: true, rows, skipped: Vec::new() };
        let page = page(&report);
        for expected in
            ["2 cores of A &amp; B", ">posts<", "60/s, 0.60 of bare", "A quick run", ">peak<"]
        {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        let (half, whole) = (LEFT + 0.3 * (RIGHT - LEFT), RIGHT - LEFT);
        let bar = format!("class=\"missed\" x=\"330\" y=\"14.0\" width=\"{:.1}\"", half - LEFT);
        assert!(page.contains(&bar), "0.6 of 2 is 0.3 of the width: {page}");
        assert!(page.contains(&format!("width=\"{whole:.1}\"")), "what is beyond ends at the edge");
        assert_eq!(page.matches("class=\"round\"").count(), 3 + 1 + 1);
        assert!(!page.contains("http"), "{page}");
    }
}
