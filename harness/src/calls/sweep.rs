//! A matrix of cells over the same seeds: a TOML file in, a table and curves out.
//!
//! ```toml
//! title = "ECM, independent loss"
//! calls = 100
//! seed = 1
//! x = "loss"                 # the axis of the picture
//! [base]                     # options of `faxlab call`, for all cells
//! doc = "test-vectors/pages/itu1.tif"
//! ecm = "on"
//! [axes]                     # options with several values: every combination is a cell
//! loss = [0.01, 0.02, 0.05]
//! redundancy = [0, 1, 3]
//! ```

use super::Report;
use crate::plot::{self, RateCurve, Style};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

/// What a file asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    /// Above the picture.
    #[serde(default)]
    pub title: String,
    /// Calls a cell.
    pub calls: usize,
    /// Seed of the first call of every cell.
    #[serde(default = "one")]
    pub seed: u64,
    /// The axis that runs along the picture; numbers only.
    pub x: String,
    /// Options of all cells.
    #[serde(default)]
    pub base: BTreeMap<String, Value>,
    /// Options with several values.
    pub axes: BTreeMap<String, Vec<Value>>,
}

const fn one() -> u64 {
    1
}

/// The value of an option.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A switch, on or off.
    Switch(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Anything else.
    Text(String),
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its place on each axis.
    pub place: BTreeMap<String, String>,
    /// All its options, as on a command line.
    pub options: Vec<String>,
}

/// The file is not a matrix.
#[derive(Debug, thiserror::Error)]
pub enum MatrixError {
    /// It is not TOML, or not of this shape.
    #[error("{0}")]
    Shape(#[from] toml::de::Error),
    /// The picture has no axis.
    #[error("`x = \"{0}\"` names none of the axes")]
    NoAxis(String),
}

impl Matrix {
    /// Reads a file's text.
    pub fn read(text: &str) -> Result<Self, MatrixError> {
        let matrix: Self = toml::from_str(text)?;
        match matrix.axes.contains_key(&matrix.x) {
            true => Ok(matrix),
            false => Err(MatrixError::NoAxis(matrix.x)),
        }
    }

    /// Every combination; the picture's axis runs fastest.
    pub fn cells(&self) -> Vec<Cell> {
        let mut places = vec![BTreeMap::new()];
        let others = self.axes.iter().filter(|(name, _)| **name != self.x);
        for (name, values) in others.chain(self.axes.get_key_value(&self.x)) {
            let with = |place: &BTreeMap<String, Value>, value: &Value| {
                let mut place = place.clone();
                place.insert(name.clone(), value.clone());
                place
            };
            places =
                places.iter().flat_map(|place| values.iter().map(move |value| with(place, value))).collect();
        }
        let cell = |place: BTreeMap<String, Value>| Cell {
            options: self.base.iter().chain(&place).flat_map(|(name, value)| option(name, value)).collect(),
            place: place.into_iter().map(|(name, value)| (name, shown(&value))).collect(),
        };
        places.into_iter().map(cell).collect()
    }

    /// The table: a row a cell, an axis or a figure a column.
    pub fn csv(&self, results: &[(Cell, Report)]) -> String {
        let axes: Vec<&str> = self.axes.keys().map(String::as_str).collect();
        let figures = "calls,strict,strict_low,strict_high,t30_ok,pages_ok,damaged_ok,mean_seconds,\
                       ppr_per_call,octets_per_call,packets_per_call,cpu_ms_a,cpu_ms_b,realtime_factor,causes";
        let mut text = format!("{},{figures}\n", axes.join(","));
        for (cell, report) in results {
            let interval = report.interval();
            for axis in &axes {
                let _ = write!(text, "{},", cell.place.get(*axis).map_or("", String::as_str));
            }
            let seconds = report.mean_seconds.map_or(String::new(), |seconds| seconds.to_string());
            let causes: Vec<String> =
                report.causes.iter().map(|(cause, count)| format!("{count} x {cause}")).collect();
            let _ = writeln!(
                text,
                "{},{},{:.4},{:.4},{},{},{},{seconds},{},{},{},{},{},{},\"{}\"",
                report.calls,
                report.strict,
                interval.low,
                interval.high,
                report.t30_ok,
                report.pages_ok,
                report.damaged_ok,
                report.ppr_per_call,
                report.octets_per_call,
                report.packets_per_call,
                report.cpu_ms_per_call_second[0],
                report.cpu_ms_per_call_second[1],
                report.realtime_factor,
                causes.join(" | ").replace('"', "'")
            );
        }
        text
    }

    /// The picture: strict rate over the x axis, a curve for each combination of the others, with 95 %
    /// intervals.
    pub fn picture(&self, path: &Path, results: &[(Cell, Report)]) -> Result<(), Box<dyn Error>> {
        let mut curves: BTreeMap<String, Vec<(f64, &Report)>> = BTreeMap::new();
        for (cell, report) in results {
            let x = cell.place.get(&self.x).and_then(|x| x.parse().ok());
            let x: f64 = x.ok_or_else(|| format!("the axis {} has values that are no numbers", self.x))?;
            let others = cell.place.iter().filter(|(name, _)| **name != self.x);
            let name: Vec<String> = others.map(|(name, value)| format!("{name} {value}")).collect();
            curves.entry(name.join(", ")).or_default().push((x, report));
        }
        let point = |(x, report): (f64, &Report)| (x, report.rate(), Some(report.interval()));
        let numbered = (0..).map(Style::Numbered).zip(curves);
        let curves: Vec<RateCurve> = numbered
            .map(|(style, (name, points))| RateCurve {
                name,
                points: points.into_iter().map(point).collect(),
                style,
            })
            .collect();
        plot::rates(path, &self.title, &self.x, &curves)
    }
}

/// An option as on a command line; a switch that is off is left out.
fn option(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Switch(true) => vec![format!("--{name}")],
        Value::Switch(false) => Vec::new(),
        value => vec![format!("--{name}"), shown(value)],
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Switch(on) => on.to_string(),
        Value::Whole(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "calls = 10\nx = \"loss\"\n[base]\ndoc = \"a.tif\"\nfill-removal = true\n\
                        [axes]\nloss = [0.1, 0.2]\nredundancy = [0, 3]\npreset = [\"4g-edge\"]\n";

    #[test]
    fn every_combination_is_a_cell_with_its_options() {
        let matrix = Matrix::read(TEXT).expect("a matrix");
        let cells = matrix.cells();
        assert_eq!((cells.len(), matrix.seed), (4, 1));
        let expected = "--doc a.tif --fill-removal --loss 0.2 --preset 4g-edge --redundancy 0";
        assert_eq!(cells[1].options.join(" "), expected);
        assert_eq!(cells[1].place["loss"], "0.2");
    }

    #[test]
    fn a_file_of_another_shape_is_refused() {
        assert!(Matrix::read("calls = 1").is_err());
        assert!(Matrix::read(&TEXT.replace("calls", "call")).is_err());
        let error = Matrix::read(&TEXT.replace("\"loss\"", "\"delay\"")).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("delay"));
    }
}
