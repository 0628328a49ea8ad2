//! Recordings: WAV files of any usual kind read as 16-bit samples at 8000 a second, and written so.

use crate::stimulus::to_i16;
use audioadapter_buffers::direct::InterleavedSlice;
use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use rubato::{Async, FixedAsync, Resampler, SincInterpolationParameters, WindowFunction};
use std::path::Path;

const RATE: u32 = fax_core::SAMPLE_RATE;

/// A recording cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum WavError {
    /// The file is not there, or is no WAV file that can be read.
    #[error("{0}: {1}")]
    File(String, hound::Error),
    /// It has fewer channels than asked for.
    #[error("{0} has {1} channels, no number {2}")]
    NoChannel(String, u16, usize),
    /// Its rate cannot be converted.
    #[error("{0}: cannot convert from {1} samples a second")]
    Rate(String, u32),
}

/// One channel of a recording (0 is the first) at 8000 samples a second.
pub fn read(path: &Path, channel: usize) -> Result<Vec<i16>, WavError> {
    let name = || path.display().to_string();
    let mut reader = WavReader::open(path).map_err(|error| WavError::File(name(), error))?;
    let spec = reader.spec();
    if channel >= usize::from(spec.channels) {
        return Err(WavError::NoChannel(name(), spec.channels, channel));
    }
    let all: Result<Vec<f32>, hound::Error> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().map(|x| x.map(|x| x * 32768.0)).collect(),
        SampleFormat::Int => {
            let scale = 32768.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            reader.samples::<i32>().map(|x| x.map(|x| x as f32 * scale)).collect()
        }
    };
    let all = all.map_err(|error| WavError::File(name(), error))?;
    let one: Vec<f32> = all.into_iter().skip(channel).step_by(spec.channels.into()).collect();
    let one = if spec.sample_rate == RATE {
        one
    } else {
        resampled(&one, spec.sample_rate).ok_or_else(|| WavError::Rate(name(), spec.sample_rate))?
    };
    Ok(one.into_iter().map(to_i16).collect())
}

/// Writes samples at 8000 a second, 16 bit, one channel.
pub fn write(path: &Path, samples: &[i16]) -> Result<(), WavError> {
    write_channels(path, &[samples])
}

/// Writes several channels at 8000 a second, 16 bit, the shorter ones filled up with silence.
pub fn write_channels(path: &Path, channels: &[&[i16]]) -> Result<(), WavError> {
    let count = u16::try_from(channels.len()).unwrap_or(u16::MAX);
    let spec =
        WavSpec { channels: count, sample_rate: RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
    let longest = channels.iter().map(|channel| channel.len()).max().unwrap_or(0);
    let written = || -> Result<(), hound::Error> {
        let mut writer = WavWriter::create(path, spec)?;
        for n in 0..longest {
            for channel in channels {
                writer.write_sample(channel.get(n).copied().unwrap_or(0))?;
            }
        }
        writer.finalize()
    };
    written().map_err(|error| WavError::File(path.display().to_string(), error))
}

/// Converted to 8000 samples a second. Recordings only: never inside a measurement, whose results must
/// not depend on the machine.
fn resampled(input: &[f32], rate: u32) -> Option<Vec<f32>> {
    let parameters = SincInterpolationParameters::new(256, WindowFunction::BlackmanHarris2);
    let ratio = f64::from(RATE) / f64::from(rate);
    let mut resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, 1024, 1, FixedAsync::Input).ok()?;
    let adapter = InterleavedSlice::new(input, 1, input.len()).ok()?;
    let output = resampler.process_all(&adapter, input.len(), None).ok()?;
    Some(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::maths;

    fn temporary(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("fax-harness-{}-{name}", std::process::id()))
    }

    #[test]
    fn what_was_written_is_read_back() {
        let path = temporary("same.wav");
        let samples: Vec<i16> = (0..1000).map(|n| (n * 7919 % 65_536 - 32_768) as i16).collect();
        write(&path, &samples).unwrap();
        let read = read(&path, 0).unwrap();
        assert!(matches!(super::read(&path, 1), Err(WavError::NoChannel(_, 1, 1))));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(read, samples);
        assert!(matches!(super::read(&path, 0), Err(WavError::File(..))));
    }

    #[test]
    fn a_stereo_recording_at_44100_is_one_channel_at_8000() {
        let path = temporary("stereo.wav");
        let spec = WavSpec {
            channels: 2,
            sample_rate: 44_100,
            bits_per_sample: 24,
            sample_format: SampleFormat::Int,
        };
        let mut writer = WavWriter::create(&path, spec).unwrap();
        for n in 0..44_100 {
            let wave = |hertz: f64| maths::sin(2.0 * maths::PI * hertz * f64::from(n) / 44_100.0);
            writer.write_sample((4e6 * wave(1000.0)) as i32).unwrap();
            writer.write_sample((4e6 * wave(6000.0)) as i32).unwrap();
        }
        writer.finalize().unwrap();
        let (first, second) = (read(&path, 0).unwrap(), read(&path, 1).unwrap());
        std::fs::remove_file(&path).unwrap();
        let rms = |signal: &[i16]| {
            let middle = &signal[1000..7000];
            (middle.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 6000.0).sqrt()
        };
        assert!((first.len() as i64 - 8000).abs() <= 1, "{}", first.len());
        let expected = 4e6 / 256.0 / 2.0_f64.sqrt();
        assert!((rms(&first) / expected - 1.0).abs() < 0.01, "{}", rms(&first));
        assert!(rms(&second) < expected / 1000.0, "what lies above 4 kHz is not folded back");
    }
}
