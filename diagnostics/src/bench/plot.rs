//! A run as a page that needs nothing else: every row as bars, ours above what it is held against.

use std::fmt::Write as _;

use measure::escape_html as escape;

use super::report::{Bound, Report, Row, show_ratio};

const WIDTH: f64 = 960.0;
/// Where the bars begin and end; names stand before them, figures behind.
const LEFT: f64 = 330.0;
const RIGHT: f64 = 660.0;
/// From one bar to the next of the same row.
const BAR: f64 = 18.0;
/// Between two rows.
const GAP: f64 = 14.0;
const TOP: f64 = 20.0;

/// One bar.
struct Bar<'a> {
    /// Its colour, a class of the style sheet.
    class: &'static str,
    value: f64,
    rounds: &'a [f64],
    /// What stands behind it.
    words: String,
}

/// The bars of a row, and what is demanded of the first, on a scale of their own.
struct Bars<'a> {
    bars: Vec<Bar<'a>>,
    bound: Option<f64>,
}

impl<'a> Bars<'a> {
    fn of(row: &'a Row) -> Self {
        let class = if row.met == Some(false) { "missed" } else { "ours" };
        let words = row.ratio.map_or_else(String::new, |ratio| format!(", {}", show_ratio(ratio)));
        let words = row.unit.show(row.ours) + &words;
        let mut bars = vec![Bar { class, value: row.ours, rounds: &row.ours_rounds, words }];
        bars.extend(row.peer.as_ref().map(|peer| {
            let words = format!("{} {}", row.unit.show(peer.value), peer.what);
            Bar { class: "peer", value: peer.value, rounds: &peer.rounds, words }
        }));
        let bound = match row.bound {
            Some(Bound::RatioAtLeast(least)) => row.peer.as_ref().map(|peer| least * peer.value),
            Some(Bound::Below(limit)) => Some(limit),
            None => None,
        };
        Self { bars, bound }
    }

    /// The largest value that is drawn.
    fn largest(&self) -> f64 {
        let rounds = self.bars.iter().flat_map(|bar| bar.rounds);
        rounds.chain(&self.bound).copied().fold(f64::MIN_POSITIVE, f64::max)
    }

    #[expect(clippy::cast_precision_loss, reason = "there are two at most")]
    fn height(&self) -> f64 {
        BAR * self.bars.len() as f64
    }

    fn draw(&self, svg: &mut String, y: f64) {
        let largest = self.largest();
        let x = |value: f64| LEFT + (RIGHT - LEFT) * value / largest;
        let mut top = y;
        for bar in &self.bars {
            bar.draw(svg, top, &x);
            top += BAR;
        }
        if let Some(bound) = self.bound {
            let (x, top) = (x(bound), y - 3.0);
            let _ = writeln!(svg, "<path class=\"bound\" d=\"M{x:.1} {top:.1}v20\"/>");
        }
    }
}

impl Bar<'_> {
    fn draw(&self, svg: &mut String, top: f64, x: &impl Fn(f64) -> f64) {
        let (class, width) = (self.class, x(self.value) - LEFT);
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"14\"/>"
        );
        for round in self.rounds {
            let (x, y) = (x(*round), top + 7.0);
            let _ = writeln!(svg, "<circle class=\"round\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\"/>");
        }
        text(svg, RIGHT + 14.0, top + 11.0, "", &self.words);
    }
}

fn text(svg: &mut String, x: f64, y: f64, attributes: &str, words: &str) {
    let words = escape(words);
    let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\"{attributes}>{words}</text>");
}

/// The page: the plot, and the table below it.
pub fn page(report: &Report) -> String {
    let processor = report.machine.processor.as_deref().unwrap_or("an unknown processor");
    let cores = report.machine.cores;
    let quick = if report.quick { " A quick run: it shows what works, not how well." } else { "" };
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <title>Seriatim: benchmark</title>\n<style>{STYLE}</style></head>\n<body>\n\
         <h1>Benchmark</h1>\n<p>{cores} cores of {}.{quick} Each row has a scale of its own: the \
         coloured bar is ours, red where it misses its bound, the grey one below the ceiling or peer. \
         Bars are medians, dots are rounds, the mark is what is demanded.</p>\n{}\n<pre>{}</pre>\n\
         </body></html>\n",
        escape(processor),
        svg(&report.rows),
        escape(&report.table()),
    )
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;max-width:980px;margin:2em auto;padding:0 1em}\
    text{font-size:12px;fill:currentColor}.ours{fill:#3b74c4}.missed{fill:#c4483b}.peer{fill:#9aa0a6}\
    .bound{stroke:#d08a00;stroke-width:2}.round{fill:none;stroke:currentColor}pre{overflow-x:auto}\
    :root{color-scheme:light dark}";

fn svg(rows: &[Row]) -> String {
    let (mut drawn, mut y) = (String::new(), TOP);
    for row in rows {
        let bars = Bars::of(row);
        text(&mut drawn, LEFT - 8.0, y + 11.0, " text-anchor=\"end\"", &row.figure);
        bars.draw(&mut drawn, y);
        y += bars.height() + GAP;
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {y}\" role=\"img\" aria-label=\"Every row beside what it is held \
         against\">\n{drawn}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::report::{Machine, Unit};

    fn page_of(rows: Vec<Row>) -> String {
        let machine = Machine { cores: 2, processor: Some("A & B".to_owned()), load_before: None };
        page(&Report { machine, quick: true, rows, skipped: Vec::new() })
    }

    fn bar(class: &str, share: f64) -> String {
        let width = share * (RIGHT - LEFT);
        format!("class=\"{class}\" x=\"330\" y=\"{{}}\" width=\"{width:.1}\"")
    }

    #[track_caller]
    fn has(page: &str, bar: &str, y: f64) {
        let bar = bar.replace("{}", &format!("{y:.1}"));
        assert!(page.contains(&bar), "{bar} is not in {page}");
    }

    #[test]
    fn the_peer_stands_below_ours_on_the_scale_of_their_row() {
        let posts = Row::new("posts", Unit::PerSecond, vec![50.0, 70.0, 60.0])
            .against("bare", vec![80.0, 100.0, 120.0])
            .bound(Bound::RatioAtLeast(0.7));
        let p99 = Row::new("p99", Unit::Milliseconds, vec![20.0]).bound(Bound::Below(50.0));
        let page = page_of(vec![posts, p99]);
        has(&page, &bar("missed", 60.0 / 120.0), TOP);
        has(&page, &bar("peer", 100.0 / 120.0), TOP + BAR);
        has(&page, &bar("ours", 20.0 / 50.0), TOP + 2.0 * BAR + GAP);
        assert_eq!(page.matches("class=\"round\"").count(), 3 + 3 + 1);
        let demanded = LEFT + (RIGHT - LEFT) * 70.0 / 120.0;
        assert!(page.contains(&format!("class=\"bound\" d=\"M{demanded:.1} ")), "{page}");
    }

    #[test]
    fn the_page_names_everything_and_loads_nothing() {
        let nothing = Row::new("nothing", Unit::PerSecond, vec![0.0]).against("<none>", vec![0.0]);
        let page = page_of(vec![Row::new("peak", Unit::Megabytes, vec![20.0]), nothing]);
        for expected in ["2 cores of A &amp; B", "A quick run", ">peak<", ">20 MB<", "&lt;none&gt;"]
        {
            assert!(page.contains(expected), "{expected}: {page}");
        }
        assert!(!page.contains("NaN") && !page.contains("http"), "{page}");
    }
}
