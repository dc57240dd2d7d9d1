//! Plots as inline SVG.

use std::fmt::Write as _;

use super::escape;
use super::scale::Scale;

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 216.0;
/// Room for labels.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 24.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 24.0;
/// Lines of fewer points show each as a dot.
const DOTS_MAX: usize = 40;
/// Letters between the names of two marks, roughly, in units of the drawing.
const MARK_GAP: f64 = 44.0;

/// A drawing that grows as things are put on it.
pub(super) struct Plot {
    x: Scale,
    y: Scale,
    svg: String,
}

impl Plot {
    /// The grid, its labels, and `title` for who can't see it.
    pub(super) fn new(
        title: &str,
        (x, x_label): (Scale, fn(f64) -> String),
        (y, y_label): (Scale, fn(f64) -> String),
    ) -> Self {
        let svg = format!(
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
            escape(title)
        );
        let mut plot = Self { x, y, svg };
        for tick in plot.y.ticks.clone() {
            let y = plot.y(tick);
            plot.put(&format!(
                "<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
                WIDTH - RIGHT,
                LEFT - 8.0,
                y + 4.0,
                escape(&y_label(tick)),
            ));
        }
        for tick in plot.x.ticks.clone() {
            plot.put(&format!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
                plot.x(tick),
                HEIGHT - 6.0,
                escape(&x_label(tick)),
            ));
        }
        plot
    }

    /// A line through points of ascending x; where there is no value, it is broken.
    pub(super) fn line(&mut self, colour: &str, points: &[(f64, Option<f64>)]) {
        let mut path = String::new();
        let mut dots = String::new();
        let mut pen = 'M';
        let shown = points.iter().filter(|(_, y)| y.is_some()).count();
        for (x, y) in points {
            let Some(y) = y else {
                pen = 'M';
                continue;
            };
            let (x, y) = (self.x(*x), self.y(*y));
            let _ = write!(path, "{pen}{x:.1} {y:.1}");
            pen = 'L';
            if shown <= DOTS_MAX {
                let _ =
                    write!(dots, "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.4\"/>");
            }
        }
        self.put(&format!(
            "<g class=\"{colour}\"><path class=\"curve\" d=\"{path}\"/>{dots}</g>\n"
        ));
    }

    /// What lies below a line.
    pub(super) fn area(&mut self, colour: &str, points: &[(f64, f64)]) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let bottom = HEIGHT - BOTTOM;
        let mut path = format!("M{:.1} {bottom:.1}", self.x(first.0));
        for (x, y) in points {
            let _ = write!(path, "L{:.1} {:.1}", self.x(*x), self.y(*y));
        }
        let _ = write!(path, "L{:.1} {bottom:.1}Z", self.x(last.0));
        self.put(&format!("<path class=\"area {colour}\" d=\"{path}\"/>\n"));
    }

    /// A bar from one x to another and from one y to another.
    pub(super) fn bar(&mut self, colour: &str, x: (f64, f64), y: (f64, f64)) {
        let (left, right) = (self.x(x.0), self.x(x.1));
        let (bottom, top) = (self.y(y.0), self.y(y.1));
        // A hair's breadth between two bars.
        let width = (right - left - 0.6).max(0.8);
        self.put(&format!(
            "<rect class=\"bar {colour}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" \
             height=\"{:.1}\"/>\n",
            (bottom - top).max(0.0)
        ));
    }

    /// Named vertical lines at ascending x. A name that would cover the one before is left out.
    pub(super) fn marks(&mut self, colour: &str, marks: &[(f64, &str)]) {
        let mut free_from = 0.0;
        for (x, name) in marks {
            let x = self.x(*x);
            self.put(&format!(
                "<g class=\"{colour}\"><path class=\"mark\" d=\"M{x:.1} {TOP}V{:.1}\"/>",
                HEIGHT - BOTTOM
            ));
            if x >= free_from {
                free_from = x + MARK_GAP;
                let name = escape(name);
                self.put(&format!(
                    "<text class=\"name\" x=\"{x:.1}\" y=\"12\" text-anchor=\"middle\">{name}</text>"
                ));
            }
            self.put("</g>\n");
        }
    }

    /// From one x to another, words that show up under the pointer.
    pub(super) fn words(&mut self, x: (f64, f64), words: &str) {
        let (left, right) = (self.x(x.0), self.x(x.1));
        self.put(&format!(
            "<g class=\"slot\"><title>{}</title><rect x=\"{left:.1}\" y=\"{TOP}\" \
             width=\"{:.1}\" height=\"{:.1}\"/></g>\n",
            escape(words),
            right - left,
            HEIGHT - TOP - BOTTOM,
        ));
    }

    /// The finished drawing.
    pub(super) fn into_svg(mut self) -> String {
        self.put("</svg>\n");
        self.svg
    }

    fn put(&mut self, svg: &str) {
        self.svg.push_str(svg);
    }

    fn x(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }
}
