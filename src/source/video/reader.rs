//! Puts what a decoder gives into the order in which it is shown, and keeps count of what is lost.

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::decode::{DecodeError, Ready, VideoDecoder, decoder};
use super::demux::{Codec, Demuxer, Packet};
use super::error::MediaError;
use super::h264;
use super::keys::KeyPoint;
use super::picture::{Picture, Pixels};
use crate::runtime::worker;
use crate::source::media::{Damage, MediaInfo, MediaItem, MediaReader};
use crate::time::Pts;

/// Packets read ahead. A picture may be shown after up to 16 that are coded later, in all formats.
const LOOK_AHEAD: usize = 17;

/// A packet that gave no picture while this many others were decoded gives none any more.
const LATEST: i64 = 40;

/// Why such a packet is lost.
const NOTHING_CAME: &str = "it could not be decoded";

/// Lost pictures whose times are kept until a picture comes.
const MOST_REMEMBERED: usize = 1 << 16;

/// Decoded pictures that may wait for others; beyond it the order of the file is wrong.
const MOST_HELD: usize = 24;

/// Reads one video file.
pub struct VideoReader {
    path: PathBuf,
    info: MediaInfo,
    demuxer: Box<dyn Demuxer>,
    decoder: Box<dyn VideoDecoder>,
    description: usize,
    /// Packets read and not decoded yet, each with its number.
    ahead: VecDeque<(i64, Packet)>,
    next_id: i64,
    /// Packets that still have to give a picture.
    due: BTreeMap<i64, Due>,
    /// Pictures that wait for earlier ones.
    held: BTreeMap<(i64, i64), Pixels>,
    /// The file gives no more packets.
    ended: bool,
    /// The decoder gave all it had.
    finished: bool,
    /// After damage, packets that build on what was lost are passed over.
    wants_sync: bool,
    losses: Losses,
    /// What is shown before it is left out.
    from_micros: i64,
    /// When the packet is shown at which reading began: what follows it in the file and is shown
    /// before may build on what was not read.
    began_micros: i64,
    /// Pictures that precede the packets read next in the file and are shown.
    read: u64,
    /// Number of the picture that comes next.
    index: u64,
    last: Pts,
    /// Time of the last picture handed out since reading began.
    given: Option<Pts>,
    items: VecDeque<MediaItem>,
}

#[derive(Debug, Clone, Copy)]
struct Due {
    micros: i64,
    shown: bool,
}

impl VideoReader {
    /// Takes over an opened container and decodes its first picture, so that whatever can't be
    /// decoded is found now.
    ///
    /// # Errors
    /// As [`crate::source::media::open`].
    pub fn open(path: &Path, demuxer: Box<dyn Demuxer>) -> Result<Self, MediaError> {
        let track = demuxer.track();
        let Some(first) = track.descriptions.first() else {
            return Err(MediaError::damaged(path, "it does not say how it is coded"));
        };
        let decoder = worker::guard(|| decoder(first))
            .unwrap_or_else(|panic| Err(DecodeError::Damaged(panic)))
            .map_err(|error| of_file(error, path))?;
        let info = MediaInfo {
            container: track.container.into(),
            codec: first.codec.name().into(),
            decoder: "built-in",
            size: track.shape.shown_size(first.size),
            rotation_deg: track.shape.orientation.degrees(),
            nominal_rate_hz: track.nominal_rate_hz,
            single_picture: false,
            duration: track.duration,
        };
        let mut reader = Self {
            path: path.into(),
            info,
            demuxer,
            decoder,
            description: 0,
            ahead: VecDeque::new(),
            next_id: 0,
            due: BTreeMap::new(),
            held: BTreeMap::new(),
            ended: false,
            finished: false,
            wants_sync: false,
            losses: Losses::default(),
            from_micros: i64::MIN,
            began_micros: i64::MIN,
            read: 0,
            index: 0,
            last: Pts::ZERO,
            given: None,
            items: VecDeque::new(),
        };
        reader.try_first()?;
        Ok(reader)
    }

    /// Decodes one packet to see whether it can be done, and starts afresh: where to begin is for
    /// whoever reads to say.
    fn try_first(&mut self) -> Result<(), MediaError> {
        self.read_ahead();
        let Some((_, packet)) = self.ahead.front() else {
            return Err(MediaError::damaged(&self.path, "it holds no pictures"));
        };
        let mut ready = Ready::new();
        let description = packet.description;
        let tried = self.with_decoder(|decoder, packet| decoder.decode(0, packet, &mut ready));
        if let Err(error @ (DecodeError::Unsupported(_) | DecodeError::TooLarge { .. })) = tried {
            return Err(of_file(error, &self.path));
        }
        if let Some((_, pixels)) = ready.first() {
            self.info.size = self.demuxer.track().shape.shown_size(pixels.size());
        }
        self.new_decoder(description).map_err(|error| of_file(error, &self.path))
    }

    /// Runs the decoder on the packet at the front. A panic is damage, and costs the decoder.
    fn with_decoder(
        &mut self,
        work: impl FnOnce(&mut dyn VideoDecoder, &Packet) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Some((_, packet)) = self.ahead.front() else { return Ok(()) };
        let decoder = self.decoder.as_mut();
        match worker::guard(|| work(decoder, packet)) {
            Ok(outcome) => outcome,
            Err(panic) => {
                let description = packet.description;
                self.new_decoder(description)?;
                Err(DecodeError::Damaged(panic))
            }
        }
    }

    fn new_decoder(&mut self, description: usize) -> Result<(), DecodeError> {
        let descriptions = &self.demuxer.track().descriptions;
        let wanted = descriptions.get(description).or(descriptions.first());
        let wanted = wanted.ok_or_else(|| DecodeError::damaged("an unknown way of coding"))?;
        self.decoder = worker::guard(|| decoder(wanted))
            .unwrap_or_else(|panic| Err(DecodeError::Damaged(panic)))?;
        self.description = description;
        Ok(())
    }

    fn read_ahead(&mut self) {
        while !self.ended && self.ahead.len() < LOOK_AHEAD {
            let demuxer = self.demuxer.as_mut();
            match worker::guard(|| demuxer.next_packet()) {
                Ok(Ok(Some(packet))) => {
                    let id = self.next_id;
                    self.next_id += 1;
                    self.expect(id, &packet);
                    self.ahead.push_back((id, packet));
                }
                Ok(Ok(None)) => self.ended = true,
                Ok(Err(error)) => self.cut_off(error.reason()),
                Err(panic) => self.cut_off(panic),
            }
        }
    }

    fn expect(&mut self, id: i64, &Packet { micros, shown, .. }: &Packet) {
        let shown = shown && micros >= 0;
        self.read += u64::from(shown);
        if shown && micros < self.from_micros {
            self.index += 1;
        } else {
            self.due.insert(id, Due { micros, shown });
        }
    }

    /// The file can't be read any further.
    fn cut_off(&mut self, reason: String) {
        self.ended = true;
        let last = self.due.values().map(|due| due.micros).max().unwrap_or(0);
        self.losses.cut_off = Some((last, reason));
    }

    /// Decodes the packet at the front.
    fn decode_next(&mut self) {
        let Some((id, packet)) = self.ahead.front() else { return };
        let (id, description) = (*id, packet.description);
        let leads = packet.micros < self.began_micros;
        if self.wants_sync && !packet.is_sync {
            self.lose(id, "it builds on pictures that are lost");
            self.ahead.pop_front();
            return;
        }
        let mut ready = Ready::new();
        let mut outcome = Ok(());
        if description != self.description {
            self.finish_decoder(&mut ready);
            outcome = self.new_decoder(description);
        }
        if outcome.is_ok() {
            outcome = self.with_decoder(|decoder, packet| decoder.decode(id, packet, &mut ready));
        }
        self.wants_sync = false;
        self.ahead.pop_front();
        self.take(ready);
        if let Err(error) = outcome {
            self.lose(id, &error.reason());
            self.wants_sync = !leads;
        }
        // What gave nothing for so long gives nothing any more.
        while let Some((&old, _)) = self.due.first_key_value()
            && old < id - LATEST
        {
            self.lose(old, NOTHING_CAME);
        }
    }

    fn finish_decoder(&mut self, ready: &mut Ready) {
        let decoder = self.decoder.as_mut();
        if let Err(panic) = worker::guard(|| decoder.finish(ready)) {
            tracing::debug!("a decoder panicked at its end: {panic}");
        }
    }

    fn take(&mut self, ready: Ready) {
        for (id, pixels) in ready {
            // A picture that was counted as lost, or is not shown, changes nothing.
            if let Some(Due { micros, shown: true }) = self.due.remove(&id) {
                self.held.insert((micros, id), pixels);
            }
        }
    }

    fn lose(&mut self, id: i64, reason: &str) {
        if let Some(Due { micros, shown: true }) = self.due.remove(&id) {
            self.losses.add(micros, reason);
        }
    }

    /// Hands on the pictures that no other can precede any more.
    fn release(&mut self) {
        while let Some((&(micros, id), _)) = self.held.first_key_value() {
            let earliest = self.due.values().map(|due| due.micros).min();
            let waits = earliest.is_some_and(|earliest| earliest < micros);
            if waits && self.held.len() <= MOST_HELD {
                return;
            }
            let Some(pixels) = self.held.remove(&(micros, id)) else { return };
            let (before, damage) = self.losses.before(micros);
            // A file may begin with pictures that build on what came before it, in another file.
            // Decoders pass them over, and so do players.
            let leading =
                self.index == 0 && damage.as_ref().is_some_and(|d| d.reason == NOTHING_CAME);
            let (before, damage) = if leading { (0, None) } else { (before, damage) };
            self.index += before;
            self.items.extend(damage.map(MediaItem::Damage));
            // Whatever a file says, time does not run backwards.
            self.last = self.last.max(pts(micros));
            let (index, shape) = (self.index, self.demuxer.track().shape);
            self.items.push_back(MediaItem::Picture(Picture {
                pts: self.last,
                index,
                pixels,
                shape,
            }));
            self.index += 1;
        }
    }

    fn end(&mut self) {
        let mut ready = Ready::new();
        self.finish_decoder(&mut ready);
        self.take(ready);
        while let Some((&id, _)) = self.due.first_key_value() {
            self.lose(id, NOTHING_CAME);
        }
        self.release();
        let expected_end = self.info.duration;
        self.items.extend(self.losses.at_end(expected_end).map(MediaItem::Damage));
        self.finished = true;
    }
}

impl MediaReader for VideoReader {
    fn info(&self) -> &MediaInfo {
        &self.info
    }

    fn next_item(&mut self) -> Result<Option<MediaItem>, MediaError> {
        loop {
            if let Some(item) = self.items.pop_front() {
                if let MediaItem::Picture(picture) = &item {
                    self.given = Some(picture.pts);
                }
                return Ok(Some(item));
            }
            if self.finished {
                return Ok(None);
            }
            self.read_ahead();
            if self.ahead.is_empty() {
                self.end();
            } else {
                self.decode_next();
                self.release();
            }
        }
    }

    fn seek(&mut self, to: Pts) -> Result<(), MediaError> {
        let target = i64::try_from(to.since_start().as_micros()).unwrap_or(i64::MAX);
        let demuxer = self.demuxer.as_mut();
        let key = worker::guard(|| demuxer.key_before(target)).unwrap_or_default();
        let nearer = key.is_none_or(|key| key.index < self.read);
        if nearer && self.given.is_none_or(|given| given < to) && self.from_micros <= target {
            self.leave_out_before(target);
            return Ok(());
        }
        self.start_at(key, target)
    }
}

impl VideoReader {
    /// Goes on from where it is.
    fn leave_out_before(&mut self, target: i64) {
        self.from_micros = target;
        let early = |micros: i64| micros < target;
        self.due.retain(|_, due| {
            let left_out = due.shown && early(due.micros);
            self.index += u64::from(left_out);
            !left_out
        });
        self.held.retain(|(micros, _), _| {
            self.index += u64::from(early(*micros));
            !early(*micros)
        });
        self.index += self.losses.leave_out_before(target);
        self.items.retain(|item| match item {
            MediaItem::Picture(picture) => picture.pts >= pts(target),
            MediaItem::Damage(damage) => damage.to >= pts(target),
        });
    }

    /// Goes to a packet that can be decoded by itself, and leaves out what is shown before `target`.
    fn start_at(&mut self, key: Option<KeyPoint>, target: i64) -> Result<(), MediaError> {
        let mut key = key;
        let (id, first) = loop {
            let demuxer = self.demuxer.as_mut();
            let packet = worker::guard(|| {
                demuxer.go_to(key.as_ref())?;
                demuxer.next_packet()
            });
            let packet = packet
                .map_err(|panic| MediaError::damaged(&self.path, panic))?
                .map_err(|error| error.of_file(&self.path))?;
            let Some(before) = key.filter(|_| !packet.as_ref().is_some_and(|p| self.begins(p)))
            else {
                break (self.next_id, packet);
            };
            let earlier = before.micros.saturating_sub(1);
            let demuxer = self.demuxer.as_mut();
            key = worker::guard(|| demuxer.key_before(earlier)).unwrap_or_default();
        };
        let index = key.map_or(0, |key| key.index);
        (self.index, self.read) = (index, index);
        (self.from_micros, self.began_micros) = (target, key.map_or(i64::MIN, |key| key.micros));
        self.ahead.clear();
        self.due.clear();
        self.held.clear();
        self.items.clear();
        self.losses = Losses::default();
        (self.given, self.last) = (None, Pts::ZERO);
        (self.ended, self.finished, self.wants_sync) = (first.is_none(), false, false);
        let description = first.as_ref().map_or(self.description, |packet| packet.description);
        if let Some(packet) = first {
            self.next_id += 1;
            self.expect(id, &packet);
            self.ahead.push_back((id, packet));
        }
        self.new_decoder(description).map_err(|error| of_file(error, &self.path))
    }

    /// Whether decoding can begin with a packet that its container says can be decoded by itself.
    /// In H.264 that may be an I picture beyond which the stream still reaches back.
    fn begins(&self, packet: &Packet) -> bool {
        let descriptions = &self.demuxer.track().descriptions;
        match descriptions.get(packet.description) {
            Some(description) if description.codec == Codec::H264 => {
                h264::begins(&description.config, &packet.data)
            }
            _ => true,
        }
    }
}

/// Pictures that should be there and are not.
#[derive(Debug, Default)]
struct Losses {
    /// Times of lost pictures that are not accounted for yet.
    micros: Vec<i64>,
    /// Lost besides, when there were too many to remember each.
    more: u64,
    reason: Option<String>,
    /// The last time known before the file could not be read any further, and why.
    cut_off: Option<(i64, String)>,
}

impl Losses {
    fn add(&mut self, micros: i64, reason: &str) {
        if self.micros.len() < MOST_REMEMBERED {
            self.micros.push(micros);
        } else {
            self.more += 1;
        }
        self.reason.get_or_insert_with(|| reason.to_owned());
    }

    /// Forgets those shown before `target`; how many they were.
    fn leave_out_before(&mut self, target: i64) -> u64 {
        let before = self.micros.len();
        self.micros.retain(|micros| *micros >= target);
        (before - self.micros.len()) as u64 + std::mem::take(&mut self.more)
    }

    /// How many were lost before a picture shown at `micros`, and word of them.
    fn before(&mut self, micros: i64) -> (u64, Option<Damage>) {
        let (lost, later) = self.micros.drain(..).partition::<Vec<_>, _>(|at| *at < micros);
        self.micros = later;
        let Some(from) = lost.iter().min() else { return (0, None) };
        let reason = self.reason.clone().unwrap_or_default();
        if self.micros.is_empty() {
            self.reason = None;
        }
        let (from, to, pictures) = (pts(*from), pts(micros), lost.len() as u64);
        let pictures = pictures + std::mem::take(&mut self.more);
        (pictures, Some(Damage { from, to, pictures, reason }))
    }

    /// What is left when no picture follows.
    fn at_end(&mut self, expected: Option<Duration>) -> impl Iterator<Item = Damage> + use<> {
        let (_, lost) = self.before(i64::MAX);
        let lost = lost.map(|damage| {
            let to = expected.map_or(damage.from, Pts::new).max(damage.from);
            Damage { to, ..damage }
        });
        let cut_off = self.cut_off.take().map(|(micros, reason)| {
            let from = pts(micros);
            let to = expected.map_or(from, Pts::new).max(from);
            Damage { from, to, pictures: 0, reason }
        });
        lost.into_iter().chain(cut_off)
    }
}

fn pts(micros: i64) -> Pts {
    Pts::new(Duration::from_micros(micros.max(0).unsigned_abs()))
}

fn of_file(error: DecodeError, path: &Path) -> MediaError {
    let path = path.to_owned();
    match error {
        DecodeError::Damaged(reason) => MediaError::Damaged { path, reason },
        DecodeError::Unsupported(what) => MediaError::Unsupported { path, what, ffmpeg: None },
        DecodeError::TooLarge { width, height } => MediaError::TooLarge { path, width, height },
    }
}
