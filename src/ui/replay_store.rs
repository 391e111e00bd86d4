//! A session that is shown: what was read of it, how it is played, what of it is summed up.

use std::path::PathBuf;
use std::time::Duration;

use crate::frame::RunId;
use crate::observation::TrackId;
use crate::runtime::librarian::{LibraryEvent, NoVideo, OpenedSession};
use crate::runtime::player::PlayCommand;
use crate::session::trace::{Follow, Trace, TraceEvent};
use crate::session::{EventRow, SessionEvent};
use crate::stats::{Selection, Span, Summary};

use super::actions::FilmAction;
use super::film::{Film, MediaState};
use super::preview::ShownFrame;
use super::sessions_store::Then;

/// What is told beside a session that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReplaySide {
    /// The reading of the moment.
    #[default]
    Moment,
    /// Figures of the whole, or of the span that is selected.
    Summary,
    /// Markers, notes and what else happened.
    Events,
}

/// A session that is shown.
#[derive(Debug)]
pub struct Replay {
    /// Its folder.
    pub folder: PathBuf,
    /// How it is played and looked at.
    pub film: Film,
    /// What was read; or why nothing can be.
    pub content: Option<Result<Box<OpenedSession>, String>>,
    /// Its video; `None`: being looked for.
    pub video: Option<Result<PathBuf, NoVideo>>,
    /// What is told beside the picture.
    pub side: ReplaySide,
    /// What was asked to be summed up last.
    asked: Option<Selection>,
    /// It is on its way: while a span is drawn, the newest is asked for next.
    waits: bool,
    summary: Option<Box<Summary>>,
}

impl Replay {
    /// Not read yet. `run` is its name in the player.
    pub fn new(folder: PathBuf, run: RunId, speed: f64) -> Self {
        Self {
            folder,
            film: Film::without_pictures(run, Duration::ZERO, speed),
            content: None,
            video: None,
            side: ReplaySide::default(),
            asked: None,
            waits: false,
            summary: None,
        }
    }

    /// What was read, once it is.
    pub fn opened(&self) -> Option<&OpenedSession> {
        self.content.as_ref()?.as_deref().ok()
    }

    /// Readings, once they are there.
    pub fn trace(&self) -> Option<&Trace> {
        self.opened().map(|opened| &opened.trace)
    }

    /// The figures of what is selected, once they are there.
    pub fn summary(&self) -> Option<&Summary> {
        let summary = self.summary.as_deref()?;
        (Some(&summary.selection) == self.asked.as_ref()).then_some(summary)
    }

    /// What is to be summed up, if that is not known or asked for: the span that is selected, of the
    /// face that is followed, or all of it.
    pub fn wants_summary(&mut self) -> Option<Selection> {
        let opened = self.opened()?;
        let face = match self.film.follow {
            Follow::Track(TrackId(face)) => Some(face),
            Follow::Largest => None,
        };
        let span = match self.film.selection {
            Some((from, to)) => Span { label: "selection".into(), from, to },
            None => Span { label: "whole session".into(), from: Duration::ZERO, to: opened.length },
        };
        let wanted = Selection { face, span };
        if self.waits || self.asked.as_ref() == Some(&wanted) {
            return None;
        }
        self.waits = true;
        self.asked = Some(wanted.clone());
        Some(wanted)
    }

    /// Does what is asked; what the player has to do.
    pub fn act(&mut self, action: FilmAction) -> Option<PlayCommand> {
        let Self { film, content, .. } = self;
        film.act(action, trace_of(content))
    }

    /// So much time passed; whether it moved.
    pub fn pass(&mut self, time: Duration) -> bool {
        let Self { film, content, .. } = self;
        film.pass(time, trace_of(content))
    }

    /// Another picture is on the screen.
    pub fn show(&mut self, shown: Option<ShownFrame>) {
        let Self { film, content, .. } = self;
        film.show(shown, trace_of(content));
    }

    /// Something asked for went wrong: figures may be asked for again.
    pub fn wait_no_more(&mut self) {
        self.waits = false;
    }

    /// Takes in a message; one about another session changes nothing.
    pub fn on_event(&mut self, event: LibraryEvent) -> Then {
        match event {
            LibraryEvent::Opened(folder, result) if folder == self.folder => {
                if let Ok(opened) = &result {
                    let Film { run, speed, .. } = self.film;
                    self.film = Film::without_pictures(run, opened.length, speed);
                    // Its first frame may come a little after its start.
                    let first = opened.trace.time(0);
                    self.film.act(FilmAction::Seek(first), Some(&opened.trace));
                }
                self.content = Some(result);
            }
            LibraryEvent::Video(folder, found) if folder == self.folder => {
                let then = match &found {
                    Ok(path) => {
                        self.film.media = MediaState::Opening;
                        self.film.playing = false;
                        Then::Play(self.film.run, path.clone())
                    }
                    Err(_) => Then::Nothing,
                };
                self.video = Some(found);
                return then;
            }
            LibraryEvent::Summarised(folder, summary) if folder == self.folder => {
                self.waits &= Some(&summary.selection) != self.asked.as_ref();
                self.summary = Some(summary);
            }
            LibraryEvent::Events(folder, rows) if folder == self.folder => {
                if let Some(Ok(opened)) = &mut self.content {
                    let event =
                        |row: &EventRow| Some(TraceEvent { at: row.time, event: row.as_event()? });
                    opened.trace.set_events(rows.iter().filter_map(event));
                }
                // Markers are counted in the list.
                return Then::List;
            }
            _ => {}
        }
        Then::Nothing
    }

    /// A row of its events at the moment that is shown. A marker without a text gets a number.
    pub fn row(&self, event: SessionEvent) -> EventRow {
        let event = match event {
            SessionEvent::Marker { label } if label.trim().is_empty() => {
                let events = self.trace().map_or(&[][..], Trace::events);
                let markers = events.iter().filter(|e| e.event.word() == "marker").count();
                SessionEvent::Marker { label: format!("marker {}", markers + 1) }
            }
            event => event,
        };
        let at = self.film.position();
        let start = self.opened().and_then(|opened| opened.record.start());
        let offset = jiff::SignedDuration::try_from(at).ok();
        let utc = start.zip(offset).and_then(|(start, at)| start.checked_add(at).ok());
        EventRow::new(at, utc, &event)
    }
}

fn trace_of(content: &Option<Result<Box<OpenedSession>, String>>) -> Option<&Trace> {
    content.as_ref()?.as_ref().ok().map(|opened| &opened.trace)
}
