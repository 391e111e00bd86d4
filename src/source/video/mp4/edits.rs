//! Edit lists: which part of a track is shown, and when.

use super::super::demux::DemuxError;
use super::boxes::{Boxes, be16, be32, be64};
use super::track::Found;

/// Maps composition times to presentation times.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Presentation {
    /// Parts that are shown, in the order of the track; empty: all of it, as it is.
    parts: Vec<Part>,
}

/// A part of the track. All times in ticks of the track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    from: i64,
    /// Not included.
    to: i64,
    shown_at: i64,
}

/// When a sample is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented {
    pub ticks: i64,
    pub shown: bool,
}

impl Presentation {
    /// From the edit list of a track, if it has one.
    ///
    /// # Errors
    /// If a part is to be shown twice, backwards, or at another speed.
    pub fn new(found: &Found<'_>, fragmented: bool) -> Result<Self, DemuxError> {
        let elst = found.edits.and_then(|edts| Boxes::find(edts, b"elst")).unwrap_or_default();
        let is_long = elst.first() == Some(&1);
        let count = be32(elst, 4).unwrap_or(0) as usize;
        let (mut parts, mut shown_at) = (Vec::<Part>::new(), 0_i64);
        // Rounded to the nearest, as ffmpeg does.
        let in_track = |movie_ticks: u64| {
            let scale = u128::from(found.movie_timescale.max(1));
            let ticks = u128::from(movie_ticks) * u128::from(found.timescale);
            i64::try_from((ticks + scale / 2) / scale).unwrap_or(i64::MAX)
        };
        for index in 0..count {
            let entry = match is_long {
                true => {
                    let at = 8 + index * 20;
                    let start = be64(elst, at + 8).map(u64::cast_signed);
                    (be64(elst, at), start, be16(elst, at + 16))
                }
                false => {
                    let at = 8 + index * 12;
                    let start = be32(elst, at + 4).map(|start| start.cast_signed().into());
                    (be32(elst, at).map(u64::from), start, be16(elst, at + 8))
                }
            };
            let (Some(duration), Some(from), Some(rate)) = entry else { break };
            let duration = in_track(duration);
            if from < 0 {
                // An empty edit: nothing is shown for a while.
                shown_at = shown_at.saturating_add(duration);
                continue;
            }
            if rate != 1 {
                return Err(DemuxError::Unsupported("a part played at another speed".into()));
            }
            // Zero in a file in fragments: its length was not known when that was written.
            let open_ended = duration == 0 && (fragmented || count == 1);
            let to = if open_ended { i64::MAX } else { from.saturating_add(duration) };
            if parts.last().is_some_and(|last| from < last.to) {
                return Err(DemuxError::Unsupported("an edit list that repeats parts".into()));
            }
            parts.push(Part { from, to, shown_at });
            shown_at = shown_at.saturating_add(to.saturating_sub(from));
        }
        // What is added to a file in fragments later is shown too, whatever its list says.
        if fragmented && let [only] = &mut parts[..] {
            only.to = i64::MAX;
        }
        Ok(Self { parts })
    }

    /// An edit may begin in the middle of a picture. Players then show the next one, at the moment
    /// at which the edit begins; `ticks` are the composition times of all samples.
    pub fn begin_with_a_picture(&mut self, ticks: impl Iterator<Item = i64>) {
        let Some(start) = self.parts.first().map(|part| part.shown_at) else { return };
        let shown = ticks.map(|ticks| self.of(ticks)).filter(|presented| presented.shown);
        let late = shown.map(|presented| presented.ticks).min().map_or(0, |first| first - start);
        for part in &mut self.parts {
            part.shown_at -= late.max(0);
        }
    }

    /// When what has the composition time `ticks` is shown.
    pub fn of(&self, ticks: i64) -> Presented {
        if self.parts.is_empty() {
            return Presented { ticks, shown: true };
        }
        let inside = self.parts.iter().find(|part| (part.from..part.to).contains(&ticks));
        let before = self.parts.iter().rev().find(|part| part.from <= ticks);
        // What is left out is still ordered among what is shown.
        let part = inside.or(before).unwrap_or(&self.parts[0]);
        let ticks = ticks.saturating_sub(part.from).saturating_add(part.shown_at);
        Presented { ticks, shown: inside.is_some() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elst(entries: &[(u32, i32, u16)]) -> Vec<u8> {
        let mut content = vec![0, 0, 0, 0];
        content.extend((entries.len() as u32).to_be_bytes());
        for (duration, start, rate) in entries {
            content.extend(duration.to_be_bytes());
            content.extend(start.to_be_bytes());
            content.extend(rate.to_be_bytes());
            content.extend([0, 0]);
        }
        let mut boxed = (content.len() as u32 + 8).to_be_bytes().to_vec();
        boxed.extend(b"elst");
        boxed.extend(content);
        boxed
    }

    fn of(entries: &[(u32, i32, u16)]) -> Result<Presentation, DemuxError> {
        let edits = elst(entries);
        let found = Found {
            edits: Some(&edits),
            timescale: 30_000,
            movie_timescale: 1000,
            ..Found::default()
        };
        Presentation::new(&found, false)
    }

    #[test]
    fn a_start_in_the_track_is_zero_and_what_is_outside_is_not_shown() {
        let presentation = of(&[(1000, 2000, 1)]).unwrap();
        assert_eq!(presentation.of(2000), Presented { ticks: 0, shown: true });
        assert_eq!(presentation.of(1000), Presented { ticks: -1000, shown: false });
        assert_eq!(presentation.of(31_999), Presented { ticks: 29_999, shown: true });
        assert!(!presentation.of(32_000).shown);
    }

    #[test]
    fn an_empty_edit_delays_and_a_cut_closes_up() {
        let presentation = of(&[(500, -1, 1), (1000, 0, 1), (1000, 60_000, 1)]).unwrap();
        assert_eq!(presentation.of(0), Presented { ticks: 15_000, shown: true });
        assert!(!presentation.of(40_000).shown);
        assert_eq!(presentation.of(60_000), Presented { ticks: 45_000, shown: true });
    }

    #[test]
    fn an_edit_that_begins_within_a_picture_begins_with_the_next() {
        let mut presentation = of(&[(500, -1, 1), (1000, 2392, 1)]).unwrap();
        presentation.begin_with_a_picture([2048, 3072, 2560].into_iter());
        assert_eq!(presentation.of(2560), Presented { ticks: 15_000, shown: true });
        assert!(!presentation.of(2048).shown);
    }

    #[test]
    fn what_can_t_be_shown_in_one_pass_is_refused() {
        for entries in [[(1000, 0, 1), (1000, 0, 1)], [(1000, 0, 1), (1000, 60_000, 0)]] {
            assert!(matches!(of(&entries), Err(DemuxError::Unsupported(_))));
        }
    }
}
