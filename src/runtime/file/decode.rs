//! The decode thread: a file in, frames out, picked by their times; cuts and damage at their place.

use std::path::Path;

use crossbeam_channel::Sender;

use super::Selection;
use crate::frame::{Frame, RunId};
use crate::source::media::{
    self, Damage, MediaError, MediaInfo, MediaItem, MediaReader, OpenOptions,
};
use crate::temporal::cut::CutDetector;
use crate::time::Pts;

/// What the decode thread says, in the order of the file.
pub enum Decoded {
    Opened(MediaInfo),
    Frame(Frame),
    Cut(Pts),
    Damage(Damage),
    Failed(MediaError),
    /// So many frames lay in the part asked for, passed over ones included.
    Ended {
        frames: u64,
    },
}

pub struct Decode {
    selection: Selection,
    run: RunId,
    to: Sender<Decoded>,
    frames: u64,
    last_slot: Option<u64>,
}

/// Why decoding stops before the end of the file.
enum Stop {
    /// Nobody takes frames any more.
    Unwanted,
    Failed(MediaError),
}

impl Decode {
    /// For frames of run `run`.
    pub fn new(selection: Selection, run: RunId, to: Sender<Decoded>) -> Self {
        Self { selection, run, to, frames: 0, last_slot: None }
    }

    /// Decodes until the end, or until nobody listens any more.
    pub fn run(mut self, path: &Path, open: &OpenOptions) {
        if let Err(Stop::Failed(error)) = self.decode(path, open) {
            // If nobody listens any more, nobody wants to know.
            let _ = self.to.send(Decoded::Failed(error));
        }
    }

    fn decode(&mut self, path: &Path, open: &OpenOptions) -> Result<(), Stop> {
        let mut reader = media::open(path, open).map_err(Stop::Failed)?;
        self.send(Decoded::Opened(reader.info().clone()))?;
        if let Some(from) = self.selection.from {
            reader.seek(from).map_err(Stop::Failed)?;
        }
        let mut cuts = CutDetector::new();
        while let Some(item) = self.next_item(reader.as_mut())? {
            let picture = match item {
                MediaItem::Damage(damage) => {
                    if self.contains(damage.from) || self.contains(damage.to) {
                        self.send(Decoded::Damage(damage))?;
                    }
                    continue;
                }
                MediaItem::Picture(picture) => picture,
            };
            let pts = picture.pts;
            if self.selection.to.is_some_and(|to| pts >= to) {
                break;
            }
            self.frames += 1;
            if cuts.is_cut(&picture.luma(), picture.coded_size()) {
                self.send(Decoded::Cut(pts))?;
            }
            if self.is_sampled(pts) {
                let frame = picture.into_frame(self.run);
                self.send(match frame {
                    Ok(frame) => Decoded::Frame(frame),
                    Err(reason) => {
                        Decoded::Damage(Damage { from: pts, to: pts, pictures: 1, reason })
                    }
                })?;
            }
        }
        let frames = self.frames;
        self.send(Decoded::Ended { frames })
    }

    /// An error after the first frames is damage: what was read until then counts.
    fn next_item(&self, reader: &mut dyn MediaReader) -> Result<Option<MediaItem>, Stop> {
        match reader.next_item() {
            Ok(item) => Ok(item),
            Err(error) if self.frames == 0 => Err(Stop::Failed(error)),
            Err(error) => {
                let end = reader.info().duration.map_or(Pts::ZERO, Pts::new);
                let reason = error.to_string();
                self.send(Decoded::Damage(Damage { from: end, to: end, pictures: 0, reason }))?;
                Ok(None)
            }
        }
    }

    fn contains(&self, pts: Pts) -> bool {
        let Selection { from, to, .. } = self.selection;
        from.is_none_or(|from| pts >= from) && to.is_none_or(|to| pts < to)
    }

    /// Whether it is the first frame of its share of a second.
    fn is_sampled(&mut self, pts: Pts) -> bool {
        let Some(rate_hz) = self.selection.sample_rate_hz else { return true };
        // A frame a microsecond early, by rounding, still counts; so does one that the product of
        // two numbers puts a trifle before its slot.
        let slot = ((pts.as_secs_f64() + 1e-6) * rate_hz + 1e-9).floor() as u64;
        self.last_slot.replace(slot) != Some(slot)
    }

    /// Waits while the queue is full: the pipeline sets the pace.
    fn send(&self, decoded: Decoded) -> Result<(), Stop> {
        self.to.send(decoded).map_err(|_| Stop::Unwanted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampled(rate_hz: f64, micros: impl Iterator<Item = u64>) -> Vec<u64> {
        let (to, _taken) = crossbeam_channel::bounded(1);
        let selection = Selection { sample_rate_hz: Some(rate_hz), ..Selection::default() };
        let mut decode = Decode::new(selection, RunId(1), to);
        micros
            .filter(|at| decode.is_sampled(Pts::new(std::time::Duration::from_micros(*at))))
            .collect()
    }

    #[test]
    fn frames_are_picked_by_their_times_alone() {
        assert_eq!(
            sampled(5.0, (0..30).map(|n| n * 100_000 / 3)),
            [0, 200_000, 400_000, 600_000, 800_000]
        );
        // Rounded down to a microsecond, a tick of 5 Hz may lie just before its time.
        assert_eq!(sampled(5.0, [0, 199_999, 399_999].into_iter()), [0, 199_999, 399_999]);
        // A pause, and a rate higher than that of the file: what there is, once.
        assert_eq!(sampled(10.0, [0, 50_000, 900_000, 950_000].into_iter()), [0, 900_000]);
        assert_eq!(sampled(1000.0, [0, 33_333, 66_667].into_iter()), [0, 33_333, 66_667]);
    }
}
