//! Pictures as SVG: error curves, success rates and constellations.

use crate::calls::statistics::Interval;
use plotters::coord::CoordTranslate;
use plotters::coord::ranged1d::AsRangedCoord;
use plotters::prelude::*;
use std::error::Error;
use std::path::Path;

/// A curve with its name.
#[derive(Clone, Debug)]
pub struct Curve {
    /// As the legend shows it.
    pub name: String,
    /// SNR in dB and error ratio.
    pub points: Vec<(f64, f64)>,
    /// How it is drawn.
    pub style: Style,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// What theory permits.
    Ideal,
    /// Ours.
    Ours,
    /// The peer's.
    Peer,
    /// One of many, by its number.
    Numbered(usize),
}

/// Success rates with their name.
#[derive(Clone, Debug)]
pub struct RateCurve {
    /// As the legend shows it.
    pub name: String,
    /// Place, rate from 0 to 1, and its interval where there is one.
    pub points: Vec<(f64, f64, Option<Interval>)>,
    /// How it is drawn.
    pub style: Style,
}

impl Style {
    fn color(self) -> RGBColor {
        match self {
            Self::Ideal => RGBColor(90, 90, 90),
            Self::Ours => RGBColor(0, 90, 200),
            Self::Peer => RGBColor(210, 70, 30),
            Self::Numbered(n) => {
                let (red, green, blue) = Palette99::pick(n).rgb();
                RGBColor(red, green, blue)
            }
        }
    }
}

const FONT: &str = "sans-serif";
/// Lowest error ratio that is drawn.
const FLOOR: f64 = 1e-6;

/// Error ratio over SNR, on a logarithmic axis.
pub fn error_curves(path: &Path, title: &str, curves: &[Curve]) -> Result<(), Box<dyn Error>> {
    let snrs = || curves.iter().flat_map(|curve| &curve.points).map(|(snr, _)| *snr);
    let (low, high) = (snrs().fold(f64::MAX, f64::min), snrs().fold(f64::MIN, f64::max));
    if low >= high {
        return Err(format!("{title}: nothing to draw").into());
    }
    let root = SVGBackend::new(path, (720, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(64)
        .build_cartesian_2d(low.floor()..high.ceil(), (FLOOR..0.5).log_scale())?;
    chart
        .configure_mesh()
        .x_desc("signal to noise ratio over 4 kHz, dB")
        .y_desc("bit error ratio")
        .y_label_formatter(&|y| format!("{y:.0e}"))
        .label_style((FONT, 13))
        .light_line_style(RGBColor(235, 235, 235))
        .draw()?;
    for curve in curves {
        let color = curve.style.color();
        let points: Vec<(f64, f64)> = curve.points.iter().map(|(x, y)| (*x, y.max(FLOOR))).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?
            .label(curve.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
        if curve.style != Style::Ideal {
            chart.draw_series(points.iter().map(|at| Circle::new(*at, 3, color.filled())))?;
        }
    }
    legend(&mut chart)?;
    Ok(root.present()?)
}

/// Success rates over a linear axis, in per cent, with their intervals.
pub fn rates(path: &Path, title: &str, x: &str, curves: &[RateCurve]) -> Result<(), Box<dyn Error>> {
    let all = || curves.iter().flat_map(|curve| &curve.points).map(|(x, ..)| *x);
    let (low, high) = (all().fold(f64::MAX, f64::min), all().fold(f64::MIN, f64::max));
    if low > high {
        return Err(format!("{title}: nothing to draw").into());
    }
    let margin = ((high - low) * 0.02).max(1e-6);
    let root = SVGBackend::new(path, (720, 480)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 20))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d(low - margin..high + margin, -2.0..102.0)?;
    chart
        .configure_mesh()
        .x_desc(x)
        .y_desc("strict successes, %")
        .label_style((FONT, 13))
        .light_line_style(RGBColor(235, 235, 235))
        .draw()?;
    for curve in curves {
        let color = curve.style.color();
        let line: Vec<(f64, f64)> = curve.points.iter().map(|(x, rate, _)| (*x, 100.0 * rate)).collect();
        chart
            .draw_series(LineSeries::new(line.clone(), color.stroke_width(2)))?
            .label(curve.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
        let bar = |(x, _, interval): &(f64, f64, Option<Interval>)| {
            let Interval { low, high } = (*interval)?;
            Some(PathElement::new([(*x, 100.0 * low), (*x, 100.0 * high)], color))
        };
        chart.draw_series(curve.points.iter().filter_map(bar))?;
        if curve.style != Style::Ideal {
            chart.draw_series(line.into_iter().map(|at| Circle::new(at, 3, color.filled())))?;
        }
    }
    legend(&mut chart)?;
    Ok(root.present()?)
}

fn legend<'a, 'b: 'a, C: CoordTranslate>(
    chart: &mut ChartContext<'a, SVGBackend<'b>, C>,
) -> Result<(), Box<dyn Error>> {
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerLeft)
        .background_style(WHITE)
        .border_style(RGBColor(180, 180, 180))
        .label_font((FONT, 14))
        .draw()?;
    Ok(())
}

/// Received symbols over the points they should be, in the units of the modem's figure.
pub fn constellation(
    path: &Path,
    title: &str,
    points: &[(f32, f32)],
    symbols: &[(f32, f32)],
) -> Result<(), Box<dyn Error>> {
    let reach = points.iter().flat_map(|(x, y)| [x.abs(), y.abs()]).fold(1.0_f32, f32::max) * 1.25;
    let root = SVGBackend::new(path, (560, 600)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption(title, (FONT, 16))
        .margin(12)
        .x_label_area_size(28)
        .y_label_area_size(36)
        .build_cartesian_2d(symmetric(reach), symmetric(reach))?;
    chart.configure_mesh().label_style((FONT, 12)).light_line_style(TRANSPARENT).draw()?;
    let blue = Style::Ours.color().mix(0.35);
    chart.draw_series(symbols.iter().map(|at| Circle::new(*at, 1.5_f64, blue.filled())))?;
    chart.draw_series(points.iter().map(|at| Cross::new(*at, 3, Style::Peer.color())))?;
    root.present()?;
    Ok(())
}

/// Pages of one bit a dot, black is true, side by side: each a path of its black runs.
pub fn pages(pages: &[(&str, &[bool])], width: usize) -> String {
    const SCALE: usize = 2;
    const GAP: usize = 20;
    let height = pages.iter().map(|(_, dots)| dots.len().div_ceil(width)).max().unwrap_or(0);
    let full = (pages.len() * (width * SCALE + GAP) + GAP, height * SCALE + 2 * GAP + 20);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#e8e8e8\"/>\n",
        full.0, full.1
    );
    for (n, (title, dots)) in pages.iter().enumerate() {
        let left = GAP + n * (width * SCALE + GAP);
        text += &format!(
            "<text x=\"{left}\" y=\"24\" font-family=\"{FONT}\" font-size=\"15\">{title}</text>\n\
             <g transform=\"translate({left} {}) scale({SCALE})\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"white\"/>\n<path d=\"",
            GAP + 14
        );
        for (y, row) in dots.chunks(width).enumerate() {
            let mut x = 0;
            for run in row.chunk_by(|a, b| a == b) {
                if run[0] {
                    text += &format!("M{x} {y}h{}v1h-{}z", run.len(), run.len());
                }
                x += run.len();
            }
        }
        text += "\"/>\n</g>\n";
    }
    text + "</svg>\n"
}

fn symmetric(
    reach: f32,
) -> impl AsRangedCoord<Value = f32, CoordDescType: plotters::coord::ranged1d::ValueFormatter<f32>> {
    -reach..reach
}
