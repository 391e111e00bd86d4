//! The player's thread.

use std::collections::VecDeque;
use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, select};

use super::open_file::{BEFORE, OpenFile, Wish};
use super::{PlayCommand, PlayEvent, Teller};
use crate::frame::{Frame, RunId};
use crate::runtime::cancel::Cancelled;
use crate::source::media::Picture;
use crate::source::media::{self, MediaError, OpenOptions};

/// To a time this far on it is decoded on; beyond it the file is asked to go there.
const DECODE_ON: Duration = Duration::from_secs(1);
/// While a place is searched for this long, what was found on the way is shown.
const PATIENCE: Duration = Duration::from_millis(150);
/// Being later than this, playing goes on from here instead of hurrying after.
const LATEST: Duration = Duration::from_millis(250);
/// Pictures are shown no more often than this; at eight times real time most are passed over.
const SHOWN_EVERY: Duration = Duration::from_millis(15);

/// How a search ended.
enum Found {
    Yes,
    /// A command came meanwhile.
    Interrupted,
}

pub struct Playback {
    commands: Receiver<PlayCommand>,
    teller: Teller,
    stopped: Cancelled,
    show: Box<dyn FnMut(&Frame) + Send>,
    speed: f64,
    file: Option<OpenFile>,
}

impl Playback {
    pub fn new(
        commands: Receiver<PlayCommand>,
        teller: Teller,
        stopped: Cancelled,
        show: Box<dyn FnMut(&Frame) + Send>,
    ) -> Self {
        Self { commands, teller, stopped, show, speed: 1.0, file: None }
    }

    /// Runs until the owner lets go.
    pub fn run(mut self) {
        while self.take_commands() {
            if let Some(mut file) = self.file.take() {
                let run = file.run;
                match self.act(&mut file) {
                    Ok(()) => self.file = Some(file),
                    Err(error) => {
                        self.teller.tell(PlayEvent::Failed(run, error));
                        self.teller.tell(PlayEvent::Playing(run, false));
                        // What was read can still be looked at.
                        file.ended = true;
                        (file.playing, file.wish) = (false, None);
                        self.file = (!file.kept.is_empty()).then_some(file);
                    }
                }
            }
        }
    }

    /// Waits for a command or until the next picture is due, then takes all that wait; false at the
    /// end.
    fn take_commands(&mut self) -> bool {
        let due = self.file.as_ref().and_then(|file| file.due(self.speed));
        let first = match due {
            Some(due) => match self.commands.recv_deadline(due) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return false,
            },
            None => select! {
                recv(self.commands) -> command => match command {
                    Ok(command) => Some(command),
                    Err(_) => return false,
                },
                recv(self.stopped.channel()) -> _ => return false,
            },
        };
        let waiting: Vec<PlayCommand> = self.commands.try_iter().collect();
        for command in first.into_iter().chain(waiting) {
            self.take(command);
        }
        !self.stopped.is_cancelled()
    }

    fn take(&mut self, command: PlayCommand) {
        match command {
            PlayCommand::Open { run, path } => self.open(run, &path),
            PlayCommand::Close => self.file = None,
            PlayCommand::Speed(speed) => {
                if let Some(file) = &mut self.file {
                    file.clock = (Instant::now(), file.position());
                }
                self.speed = speed.clamp(0.05, 64.0);
            }
            command => {
                let Some(file) = &mut self.file else { return };
                match command {
                    PlayCommand::Play if !file.playing => {
                        if file.ended && file.at + 1 >= file.kept.len() {
                            file.wish = Some(Wish::At(Duration::ZERO));
                        }
                        file.playing = true;
                        file.clock = (Instant::now(), file.position());
                        self.teller.tell(PlayEvent::Playing(file.run, true));
                    }
                    PlayCommand::Pause => file.pause(&self.teller),
                    PlayCommand::Seek(at) => file.wish = Some(Wish::At(at)),
                    PlayCommand::Last => file.wish = Some(Wish::Last),
                    PlayCommand::Step(by) => {
                        file.pause(&self.teller);
                        file.wish = Some(match file.wish {
                            Some(Wish::Step(before)) => Wish::Step(before.saturating_add(by)),
                            _ => Wish::Step(by),
                        });
                    }
                    _ => {}
                }
            }
        }
    }

    fn open(&mut self, run: RunId, path: &Path) {
        self.file = None;
        match media::open(path, &OpenOptions::default()) {
            Ok(reader) => {
                self.teller.tell(PlayEvent::Opened(run, reader.info().clone()));
                self.file = Some(OpenFile {
                    run,
                    reader,
                    kept: VecDeque::new(),
                    at: 0,
                    decoded: None,
                    ended: false,
                    told_end: false,
                    wish: Some(Wish::At(Duration::ZERO)),
                    seeking: false,
                    toward: None,
                    playing: false,
                    clock: (Instant::now(), Duration::ZERO),
                    shown_at: None,
                });
            }
            Err(error) => self.teller.tell(PlayEvent::Failed(run, error)),
        }
    }

    /// Does what is wanted now.
    fn act(&mut self, file: &mut OpenFile) -> Result<(), MediaError> {
        if let Some(wish) = file.wish {
            let begun = Instant::now();
            let found = match wish {
                Wish::At(at) => self.go_to(file, at, begun)?,
                Wish::Step(by) => self.step(file, by, begun)?,
                Wish::Last => self.go_to(file, Duration::MAX, begun)?,
            };
            if matches!(found, Found::Yes) {
                file.wish = None;
                self.arrive(file);
            }
        } else if file.playing {
            self.play_on(file)?;
        }
        if file.ended
            && !file.told_end
            && let Some(last) = file.kept.back()
        {
            file.told_end = true;
            self.teller.tell(PlayEvent::Ends(file.run, last.pts.since_start()));
        }
        Ok(())
    }

    fn arrive(&mut self, file: &mut OpenFile) {
        if std::mem::take(&mut file.seeking) {
            self.teller.tell(PlayEvent::Seeking(file.run, false));
        }
        file.clock = (Instant::now(), file.position());
        self.show(file);
    }

    fn show(&mut self, file: &mut OpenFile) {
        if let Some(frame) = file.kept.get(file.at) {
            (self.show)(frame);
            file.shown_at = Some(Instant::now());
        }
    }

    /// Whether to leave what is being done: something else is wanted.
    fn is_interrupted(&self) -> bool {
        !self.commands.is_empty() || self.stopped.is_cancelled()
    }

    /// Brings the picture that stands at `target` to [`OpenFile::at`].
    fn go_to(
        &mut self,
        file: &mut OpenFile,
        target: Duration,
        begun: Instant,
    ) -> Result<Found, MediaError> {
        if file.find_kept(target) {
            return Ok(Found::Yes);
        }
        let mut before = BEFORE.max(file.frame_length() * 2);
        let goes_on = file.decoded.is_some_and(|decoded| {
            decoded <= target && (file.toward == Some(target) || target - decoded <= DECODE_ON)
        });
        if !goes_on {
            file.seek(target, before)?;
        }
        file.toward = Some(target);
        loop {
            let mut candidate: Option<Picture> = None;
            while let Some(picture) = file.next_picture()? {
                let at = picture.pts.since_start();
                if at > target {
                    file.keep(candidate.take());
                    file.keep(Some(picture));
                    break;
                }
                // Near the target pictures are kept, so that steps back from there cost nothing.
                let near = target != Duration::MAX && target - at < Duration::from_millis(400);
                if near || file.ends_soon(at) {
                    file.keep(candidate.take());
                }
                candidate = Some(picture);
                if begun.elapsed() > PATIENCE && !file.seeking {
                    file.seeking = true;
                    self.teller.tell(PlayEvent::Seeking(file.run, true));
                }
                if self.is_interrupted() {
                    file.keep(candidate.take());
                    if begun.elapsed() > PATIENCE {
                        // Somebody drags: on the way there is something to see.
                        file.at = file.kept.len().saturating_sub(1);
                        self.show(file);
                    }
                    return Ok(Found::Interrupted);
                }
            }
            file.keep(candidate.take());
            let starts_late = file.kept.front().is_none_or(|f| f.pts.since_start() > target);
            let from_start = before >= target;
            if !starts_late || from_start {
                if !file.find_kept(target) {
                    file.at = 0;
                }
                return Ok(Found::Yes);
            }
            before *= 8;
            file.seek(target, before)?;
        }
    }

    fn step(&mut self, file: &mut OpenFile, by: i32, begun: Instant) -> Result<Found, MediaError> {
        if by < 0 {
            let back = by.unsigned_abs() as usize;
            if let Some(at) = file.at.checked_sub(back) {
                file.at = at;
                return Ok(Found::Yes);
            }
            let Some(first) = file.kept.front() else { return Ok(Found::Yes) };
            let (missing, first) = (back - file.at, first.pts.since_start());
            if first.is_zero() {
                file.at = 0;
                return Ok(Found::Yes);
            }
            // One picture before the first that is kept, and on from there.
            let before = first.saturating_sub(Duration::from_micros(1));
            file.decoded = None;
            let found = self.go_to(file, before, begun)?;
            if matches!(found, Found::Yes) && missing > 1 {
                file.at = file.at.saturating_sub(missing - 1);
            }
            return Ok(match found {
                Found::Interrupted => {
                    file.wish = Some(Wish::At(before));
                    Found::Interrupted
                }
                found => found,
            });
        }
        let last = file.kept.back().map(|frame| frame.pts.since_start());
        if file.at + 1 >= file.kept.len() && file.decoded != last {
            // Pictures were passed over while it played fast.
            file.decoded = None;
            let here = file.position();
            file.kept.clear();
            if matches!(self.go_to(file, here, begun)?, Found::Interrupted) {
                file.wish = Some(Wish::At(here));
                return Ok(Found::Interrupted);
            }
        }
        for _ in 0..by {
            if file.at + 1 >= file.kept.len() {
                let next = file.next_picture()?;
                if next.is_none() {
                    break;
                }
                file.keep(next);
            }
            file.at = (file.at + 1).min(file.kept.len().saturating_sub(1));
        }
        Ok(Found::Yes)
    }

    /// Shows the next picture if it is due, and has the one after it ready.
    fn play_on(&mut self, file: &mut OpenFile) -> Result<(), MediaError> {
        if file.at + 1 >= file.kept.len() {
            match file.next_picture()? {
                Some(picture) => {
                    // What is due already and would not be seen is not worth its colours.
                    let due = file.moment(picture.pts.since_start(), self.speed);
                    let late = due.elapsed();
                    if late > LATEST {
                        file.clock = (Instant::now(), picture.pts.since_start());
                    } else if late > Duration::ZERO
                        && file.shown_at.is_some_and(|at| at.elapsed() < SHOWN_EVERY)
                    {
                        return Ok(());
                    }
                    file.keep_for_playing(picture);
                }
                None => {
                    file.pause(&self.teller);
                    return Ok(());
                }
            }
        }
        let Some(next) = file.kept.get(file.at + 1) else { return Ok(()) };
        let at = next.pts.since_start();
        if file.moment(at, self.speed) > Instant::now() {
            return Ok(());
        }
        file.at += 1;
        let often = file.shown_at.is_some_and(|shown| shown.elapsed() < SHOWN_EVERY);
        if !often || file.ended {
            self.show(file);
        }
        Ok(())
    }
}
