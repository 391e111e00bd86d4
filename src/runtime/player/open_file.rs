//! The file that is played, and the pictures of it that are kept.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::{PlayEvent, Teller};
use crate::frame::{Frame, RunId};
use crate::source::media::{MediaError, MediaItem, MediaReader, Picture};
use crate::time::Pts;

/// Frames kept around the one that is shown, so that a step back costs nothing.
const MOST_KEPT: usize = 24;
/// And the memory they may take: ten of 1080p.
const MOST_BYTES: usize = 64 << 20;
/// The picture that stands at a time begins so long before it, or longer.
pub const BEFORE: Duration = Duration::from_millis(200);

/// Where the user wants to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    At(Duration),
    Step(i32),
    Last,
}

/// What is played.
pub struct OpenFile {
    pub run: RunId,
    pub reader: Box<dyn MediaReader>,
    /// In the order of time without a hole, [`Self::at`] being the one that is shown.
    pub kept: VecDeque<Frame>,
    pub at: usize,
    /// Time of the picture decoded last.
    pub decoded: Option<Duration>,
    /// The picture decoded last is the last of the file.
    pub ended: bool,
    pub told_end: bool,
    pub wish: Option<Wish>,
    pub seeking: bool,
    /// What was searched last; if it is still wanted, the search goes on.
    pub toward: Option<Duration>,
    pub playing: bool,
    /// A moment and the time of the file that was due then.
    pub clock: (Instant, Duration),
    pub shown_at: Option<Instant>,
}

impl OpenFile {
    pub fn position(&self) -> Duration {
        self.kept.get(self.at).map_or(Duration::ZERO, |frame| frame.pts.since_start())
    }

    pub fn frame_length(&self) -> Duration {
        let rate_hz = self.reader.info().nominal_rate_hz;
        if rate_hz > 0.0 {
            Duration::try_from_secs_f64(1.0 / rate_hz).unwrap_or(BEFORE)
        } else {
            BEFORE
        }
    }

    /// When something has to be done next; `None`: nothing, or at once if a wish waits.
    pub fn due(&self, speed: f64) -> Option<Instant> {
        if self.wish.is_some() {
            return Some(Instant::now());
        }
        if !self.playing {
            return None;
        }
        let next = self.kept.get(self.at + 1);
        Some(next.map_or_else(Instant::now, |next| self.moment(next.pts.since_start(), speed)))
    }

    /// When a picture is due.
    pub fn moment(&self, at: Duration, speed: f64) -> Instant {
        let (moment, position) = self.clock;
        let wait = at.saturating_sub(position).as_secs_f64() / speed;
        moment + Duration::try_from_secs_f64(wait).unwrap_or(Duration::from_secs(3600))
    }

    pub fn pause(&mut self, teller: &Teller) {
        if std::mem::take(&mut self.playing) {
            teller.tell(PlayEvent::Playing(self.run, false));
        }
    }

    /// Whether `at` is so near the end that pictures are worth keeping.
    pub fn ends_soon(&self, at: Duration) -> bool {
        let end = self.reader.info().duration;
        end.is_some_and(|end| end.saturating_sub(at) < Duration::from_millis(400))
    }

    pub fn seek(&mut self, target: Duration, before: Duration) -> Result<(), MediaError> {
        let end = self.reader.info().duration.unwrap_or(Duration::MAX);
        let from = if target == Duration::MAX && end == Duration::MAX {
            // Where the end is nobody knows: from here on.
            self.decoded.unwrap_or_default()
        } else {
            target.min(end).saturating_sub(before)
        };
        self.kept.clear();
        self.at = 0;
        (self.decoded, self.ended) = (None, false);
        self.reader.seek(Pts::new(from))
    }

    pub fn next_picture(&mut self) -> Result<Option<Picture>, MediaError> {
        if self.ended {
            return Ok(None);
        }
        loop {
            match self.reader.next_item()? {
                // The analysis says what is lost.
                Some(MediaItem::Damage(_)) => {}
                Some(MediaItem::Picture(picture)) => {
                    self.decoded = Some(picture.pts.since_start());
                    return Ok(Some(picture));
                }
                None => {
                    self.ended = true;
                    return Ok(None);
                }
            }
        }
    }

    /// Adds the next picture to those that are kept; older ones make room.
    pub fn keep(&mut self, picture: Option<Picture>) {
        let Some(picture) = picture else { return };
        // One without a hole before it: `index` counts the pictures of the file.
        let follows = self.kept.back().is_none_or(|last| last.index + 1 == picture.index);
        if !follows {
            self.kept.clear();
            self.at = 0;
        }
        match picture.into_frame(self.run) {
            Ok(frame) => self.kept.push_back(frame),
            Err(reason) => tracing::debug!("a picture can't be shown: {reason}"),
        }
        let bytes = self.kept.back().map_or(1, |frame| frame.rgb().len()).max(1);
        while self.kept.len() > MOST_KEPT.min(MOST_BYTES / bytes).max(3) {
            self.kept.pop_front();
            self.at = self.at.saturating_sub(1);
        }
    }

    /// The same while playing, where pictures may have been passed over: the one that is shown
    /// stays, so that there is a next one.
    pub fn keep_for_playing(&mut self, picture: Picture) {
        let follows = self.kept.back().is_none_or(|last| last.index + 1 == picture.index);
        if follows {
            return self.keep(Some(picture));
        }
        self.kept.drain(..self.kept.len() - 1);
        self.at = 0;
        if let Ok(frame) = picture.into_frame(self.run) {
            self.kept.push_back(frame);
        }
    }

    /// Goes to the picture that stands at `target`, if it is kept.
    pub fn find_kept(&mut self, target: Duration) -> bool {
        let place = self.kept.partition_point(|frame| frame.pts.since_start() <= target);
        let Some(at) = place.checked_sub(1) else { return false };
        let whole = self.kept.get(at + 1).is_none_or(|next| next.index == self.kept[at].index + 1);
        let found = whole && (place < self.kept.len() || self.ended);
        if found {
            self.at = at;
        }
        found
    }
}
