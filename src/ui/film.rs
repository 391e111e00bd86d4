//! What is on the screen where something is played: a file, or a session with or without its
//! video. The same for both pages, so that they look and work alike.

use std::time::Duration;

use crate::frame::RunId;
use crate::observation::{FaceReading, Observation};
use crate::runtime::player::{PlayCommand, PlayEvent};
use crate::session::trace::{Follow, Trace};
use crate::source::media::{MediaError, MediaInfo};

use super::actions::FilmAction;
use super::preview::ShownFrame;

/// The shortest part of a timeline that can be looked at.
pub const SHORTEST_PART: Duration = Duration::from_millis(500);

/// The file that is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum MediaState {
    /// None.
    #[default]
    Absent,
    /// Asked for.
    Opening,
    /// There are pictures.
    Open(MediaInfo),
    /// There are none, and why.
    Failed(MediaError),
}

/// What is played, where it stands, and what of it is looked at.
#[derive(Debug)]
pub struct Film {
    /// What the player has of it.
    pub media: MediaState,
    /// Its run in the player.
    pub run: RunId,
    /// Whether it plays.
    pub playing: bool,
    /// Whether the player is on its way to a time.
    pub seeking: bool,
    /// Times real time.
    pub speed: f64,
    /// The picture on the screen.
    pub shown: Option<ShownFrame>,
    /// The span that is summed up.
    pub selection: Option<(Duration, Duration)>,
    /// Part of the timeline that is shown; `None`: all.
    pub zoom: Option<(Duration, Duration)>,
    /// The face that is followed.
    pub follow: Follow,
    /// Where it stands if there are no pictures.
    at: Duration,
    /// How long it is without its pictures.
    stated: Duration,
    last_picture: Option<Duration>,
}

/// What the owner tells after a message of the player.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// This, as it is in the way.
    Trouble(String),
}

impl Default for Film {
    fn default() -> Self {
        Self::new(RunId::default(), MediaState::Absent, 1.0)
    }
}

impl Film {
    /// At its start. `run` is its name in the player.
    pub fn new(run: RunId, media: MediaState, speed: f64) -> Self {
        Self {
            media,
            run,
            playing: false,
            seeking: false,
            speed,
            shown: None,
            selection: None,
            zoom: None,
            follow: Follow::Largest,
            at: Duration::ZERO,
            stated: Duration::ZERO,
            last_picture: None,
        }
    }

    /// Without pictures until some are found, and so long.
    pub fn without_pictures(run: RunId, length: Duration, speed: f64) -> Self {
        Self { stated: length, ..Self::new(run, MediaState::Absent, speed) }
    }

    /// What the file that is shown holds.
    pub fn info(&self) -> Option<&MediaInfo> {
        match &self.media {
            MediaState::Open(info) => Some(info),
            _ => None,
        }
    }

    /// Whether pictures say where it stands.
    pub fn has_pictures(&self) -> bool {
        self.info().is_some()
    }

    /// Whether the player has it; else it is played by the clock.
    fn is_played(&self) -> bool {
        matches!(self.media, MediaState::Opening | MediaState::Open(_))
    }

    /// How long it is, as far as is known.
    pub fn length(&self, trace: Option<&Trace>) -> Duration {
        let info = self.info();
        let stated = info.and_then(|info| info.duration).unwrap_or_default();
        let step = info.map_or(0.0, |info| info.nominal_rate_hz);
        let step = if step > 0.0 { 1.0 / step } else { 0.0 };
        let step = Duration::try_from_secs_f64(step).unwrap_or_default();
        let read = trace.and_then(Trace::end).map(|end| end + step);
        let last = self.last_picture.map(|last| last + step);
        let known = [Some(stated), read, last, Some(self.stated)];
        known.into_iter().flatten().max().unwrap_or_default()
    }

    /// The picture on the screen, if it is one of this film.
    pub fn picture(&self) -> Option<ShownFrame> {
        self.shown.filter(|shown| shown.run == self.run)
    }

    /// The moment that is shown.
    pub fn position(&self) -> Duration {
        self.picture().map_or(self.at, |shown| shown.pts.since_start())
    }

    /// Another picture is on the screen; the part of the timeline that is shown goes with it.
    pub fn show(&mut self, shown: Option<ShownFrame>, trace: Option<&Trace>) {
        if self.shown == shown {
            return;
        }
        self.shown = shown;
        if let Some(shown) = self.picture() {
            self.at = shown.pts.since_start();
        }
        self.keep_in_view(trace);
    }

    fn keep_in_view(&mut self, trace: Option<&Trace>) {
        let (at, length) = (self.position(), self.length(trace));
        if let Some((from, to)) = self.zoom.filter(|(from, to)| at < *from || at > *to) {
            let part = to.saturating_sub(from);
            let start = at.saturating_sub(part / 10).min(length.saturating_sub(part));
            self.zoom = Some((start, start + part));
        }
    }

    /// Part of the timeline that is shown.
    pub fn range(&self, trace: Option<&Trace>) -> (Duration, Duration) {
        self.zoom.unwrap_or((Duration::ZERO, self.length(trace)))
    }

    /// The part of the timeline that is `factor` as long, around the moment that is shown; `None`:
    /// all of it.
    pub fn zoomed(&self, factor: f64, trace: Option<&Trace>) -> Option<(Duration, Duration)> {
        let (from, to) = self.range(trace);
        let (whole, shown) = (self.length(trace), to.saturating_sub(from));
        let wanted = shown.mul_f64(factor).max(SHORTEST_PART);
        if wanted >= whole {
            return None;
        }
        let start = self.position().saturating_sub(wanted / 2).min(whole - wanted);
        Some((start, start + wanted))
    }

    /// What was found at the moment that is shown; `None`: not analysed.
    pub fn observation(&self, trace: &Trace) -> Option<Observation> {
        trace.observation(trace.frame_at(self.position())?)
    }

    /// The face of a frame that is followed.
    pub fn followed<'a>(&self, found: &'a Observation) -> Option<&'a FaceReading> {
        let area = |face: &FaceReading| face.detection.bbox.area();
        match self.follow {
            Follow::Track(track) => found.faces.iter().find(|face| face.track == track),
            Follow::Largest => found.faces.iter().max_by(|a, b| area(a).total_cmp(&area(b))),
        }
    }

    /// Takes in a message of the player.
    pub fn on_play_event(&mut self, event: PlayEvent) -> Told {
        let run = self.run;
        match event {
            PlayEvent::Opened(of, info) if of == run => self.media = MediaState::Open(info),
            PlayEvent::Playing(of, playing) if of == run => self.playing = playing,
            PlayEvent::Seeking(of, seeking) if of == run => self.seeking = seeking,
            PlayEvent::Ends(of, last) if of == run => self.last_picture = Some(last),
            PlayEvent::Failed(of, error) if of == run => {
                if self.picture().is_none() {
                    self.media = MediaState::Failed(error);
                } else {
                    let text = format!("Playing ends here: {error}. {}", error.advice());
                    return Told::Trouble(text);
                }
            }
            PlayEvent::Broken(message) => {
                let text = format!("The player failed: {message}. Start Mien again to play files.");
                return Told::Trouble(text);
            }
            _ => {}
        }
        Told::Nothing
    }

    /// Does what is asked; what the player has to do, if there are pictures. Without them it plays
    /// by the clock, see [`Self::pass`].
    pub fn act(&mut self, action: FilmAction, trace: Option<&Trace>) -> Option<PlayCommand> {
        let command = match action {
            FilmAction::Select(span) => {
                self.selection = span;
                return None;
            }
            FilmAction::Zoom(part) => {
                self.zoom = part;
                return None;
            }
            FilmAction::Follow(follow) => {
                self.follow = follow;
                return None;
            }
            FilmAction::TogglePlay if self.playing => PlayCommand::Pause,
            FilmAction::TogglePlay => PlayCommand::Play,
            FilmAction::Step(by) => PlayCommand::Step(by),
            FilmAction::Seek(at) => PlayCommand::Seek(at),
            FilmAction::Last => PlayCommand::Last,
            FilmAction::Speed(speed) => {
                self.speed = speed;
                PlayCommand::Speed(speed)
            }
        };
        if self.is_played() {
            return Some(command);
        }
        self.without_player(&command, trace);
        None
    }

    fn without_player(&mut self, command: &PlayCommand, trace: Option<&Trace>) {
        let end = trace.and_then(Trace::end).unwrap_or_default();
        match command {
            PlayCommand::Play => {
                if self.at >= end {
                    self.at = Duration::ZERO;
                }
                self.playing = true;
            }
            PlayCommand::Pause => self.playing = false,
            PlayCommand::Seek(at) => self.at = (*at).min(end),
            PlayCommand::Last => self.at = end,
            PlayCommand::Step(by) => {
                self.playing = false;
                if let Some(trace) = trace.filter(|trace| !trace.is_empty()) {
                    let next = self.at + Duration::from_micros(1);
                    let now = trace.frames_in(Duration::ZERO, next).end as i64 - 1;
                    let frame = (now + i64::from(*by)).clamp(0, trace.len() as i64 - 1);
                    self.at = trace.time(frame as usize);
                }
            }
            PlayCommand::Open { .. } | PlayCommand::Close | PlayCommand::Speed(_) => {}
        }
        self.keep_in_view(trace);
    }

    /// So much time passed; whether it moved. Does nothing where pictures say the time.
    pub fn pass(&mut self, time: Duration, trace: Option<&Trace>) -> bool {
        if self.is_played() || !self.playing {
            return false;
        }
        let end = trace.and_then(Trace::end).unwrap_or_default();
        self.at = (self.at + time.mul_f64(self.speed.clamp(0.0, 100.0))).min(end);
        self.playing = self.at < end;
        self.keep_in_view(trace);
        true
    }
}
