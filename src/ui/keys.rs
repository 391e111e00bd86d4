//! What keys do. A control that has the keyboard takes its own keys first.

use std::time::Duration;

use eframe::egui::{self, Event, Key, Modifiers};

use super::actions::{
    Action, Actions, FilesAction, FilmAction, NoteAction, SessionsAction, Surroundings, View,
    Workers,
};
use super::film::Film;
use super::replay_store::ReplaySide;
use super::window::Window;
use crate::session::SessionEvent;
use crate::session::trace::Trace;

/// A leap by the keyboard.
const LEAP: Duration = Duration::from_secs(5);
/// Rows of a leap through the list.
const LEAP_ROWS: i64 = 10;

/// A key that was pressed.
#[derive(Debug, Clone, Copy)]
struct Press {
    key: Key,
    modifiers: Modifiers,
    /// It is held down.
    repeat: bool,
}

impl Press {
    fn is_plain(self) -> bool {
        !(self.modifiers.command || self.modifiers.ctrl || self.modifiers.alt)
    }
}

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn keys(&self, ctx: &egui::Context, actions: &mut Actions) {
        let busy = ctx.text_edit_focused() || egui::Popup::is_any_open(ctx);
        let focused = ctx.memory(|memory| memory.focused().is_some());
        let asked = self.store.files.asks_to_close
            || self.store.sessions.asks_to_erase.is_some()
            || self.store.companion.asks_to_forget
            || self.note.is_some()
            || self.store.question.is_some()
            || self.store.baseline.asks_to_erase.is_some();
        let pressed: Vec<Press> = ctx.input(|input| {
            let press = |event: &Event| match *event {
                Event::Key { key, pressed: true, repeat, modifiers, .. } => {
                    Some(Press { key, modifiers, repeat })
                }
                _ => None,
            };
            input.events.iter().filter_map(press).collect()
        });
        for press in pressed {
            if !busy && !self.help && !asked && self.page_key(press, focused, actions) {
                continue;
            }
            if !busy && !asked && press.is_plain() && !press.repeat {
                self.window_key(press, focused, actions);
            }
        }
    }

    /// Keys of the page; whether it was one.
    fn page_key(&self, press: Press, focused: bool, actions: &mut Actions) -> bool {
        let Press { key, modifiers, repeat } = press;
        let before = actions.len();
        match key {
            Key::O if modifiers.command && modifiers.shift && !repeat => {
                actions.push(Action::Files(FilesAction::ChooseFolder));
            }
            Key::O if modifiers.command && !repeat => {
                actions.push(Action::Files(FilesAction::Choose));
            }
            _ if modifiers.any() && !modifiers.shift_only() => {}
            _ => match (self.view, &self.store.sessions.replay) {
                (View::Files, _) if self.store.files.film.has_pictures() => {
                    let files = &self.store.files;
                    let asked = film_key(press, focused, &files.film, files.trace());
                    actions.extend(asked.map(|action| Action::Files(FilesAction::Film(action))));
                }
                (View::Sessions, Some(replay)) => {
                    let asked = film_key(press, focused, &replay.film, replay.trace())
                        .map(SessionsAction::Film)
                        .or_else(|| self.replay_key(press));
                    actions.extend(asked.map(Action::Sessions));
                }
                (View::Sessions, None) => {
                    actions.extend(self.list_key(press, focused).map(Action::Sessions));
                }
                _ => {}
            },
        }
        actions.len() > before
    }

    fn replay_key(&self, Press { key, repeat, .. }: Press) -> Option<SessionsAction> {
        let replay = self.store.sessions.replay.as_ref()?;
        let mark = |label: String| Some(SessionsAction::Add(SessionEvent::Marker { label }));
        match key {
            _ if repeat => None,
            Key::Escape => Some(SessionsAction::Back),
            _ if replay.trace().is_none() => None,
            Key::M => mark(String::new()),
            Key::S => Some(SessionsAction::ShowSide(match replay.side {
                ReplaySide::Summary => ReplaySide::Moment,
                ReplaySide::Moment | ReplaySide::Events => ReplaySide::Summary,
            })),
            _ => mark(self.settings().marker(digit(key)?)),
        }
    }

    fn list_key(&self, Press { key, repeat, .. }: Press, focused: bool) -> Option<SessionsAction> {
        let sessions = &self.store.sessions;
        match key {
            Key::ArrowDown => Some(SessionsAction::Move(1)),
            Key::ArrowUp => Some(SessionsAction::Move(-1)),
            Key::PageDown => Some(SessionsAction::Move(LEAP_ROWS)),
            Key::PageUp => Some(SessionsAction::Move(-LEAP_ROWS)),
            Key::Home => Some(SessionsAction::Move(i64::from(i32::MIN))),
            Key::End => Some(SessionsAction::Move(i64::from(i32::MAX))),
            Key::Enter if !focused && !repeat => sessions.chosen.clone().map(SessionsAction::Show),
            Key::Delete if !repeat => {
                sessions.chosen.clone().map(|name| SessionsAction::AskToErase(Some(name)))
            }
            Key::Escape if sessions.chosen.is_some() => Some(SessionsAction::Choose(None)),
            _ => None,
        }
    }

    /// Keys of the whole window.
    fn window_key(&self, press: Press, focused: bool, actions: &mut Actions) {
        let Press { key, modifiers, .. } = press;
        let ready = self.store.source_info().is_some();
        let asks = key == Key::Questionmark || (key == Key::Slash && modifiers.shift);
        if self.help {
            // Escape is the sheet's own.
            if asks {
                actions.push(Action::Help(false));
            }
            return;
        }
        match key {
            _ if asks => actions.push(Action::Help(true)),
            Key::R => actions.extend(self.toggle_recording()),
            Key::L => actions.push(Action::Show(View::Sessions)),
            Key::C => actions.push(Action::Show(View::Calibrate)),
            Key::M if ready => actions.push(Action::Mark(None)),
            Key::N if ready => actions.push(Action::Note(NoteAction::Begin)),
            // A control that has the keyboard takes the space bar itself.
            Key::Space
                if !focused
                    && !matches!(self.view, View::Files | View::Sessions)
                    && (ready || self.store.is_frozen()) =>
            {
                actions.push(Action::Freeze(!self.store.is_frozen()));
            }
            Key::F => actions.push(Action::FullScreen(!self.full_screen)),
            Key::Escape if self.full_screen => actions.push(Action::FullScreen(false)),
            Key::Escape if self.view != View::Live => actions.push(Action::Show(View::Live)),
            _ if ready => {
                let digit = digit(key);
                let marker = digit.map(|digit| self.settings().marker(digit));
                actions.extend(marker.map(|text| Action::Mark(Some(text))));
            }
            _ => {}
        }
    }
}

/// Keys of what is played. Held keys repeat.
fn film_key(
    Press { key, modifiers, repeat }: Press,
    focused: bool,
    film: &Film,
    trace: Option<&Trace>,
) -> Option<FilmAction> {
    let (at, length) = (film.position(), film.length(trace));
    let (from, to) = film.selection.unwrap_or((at, at));
    Some(match key {
        Key::Space if !focused && !repeat => FilmAction::TogglePlay,
        Key::ArrowLeft if modifiers.shift => FilmAction::Seek(at.saturating_sub(LEAP)),
        Key::ArrowRight if modifiers.shift => FilmAction::Seek((at + LEAP).min(length)),
        Key::ArrowLeft | Key::Comma => FilmAction::Step(-1),
        Key::ArrowRight | Key::Period => FilmAction::Step(1),
        Key::Home => FilmAction::Seek(Duration::ZERO),
        Key::End => FilmAction::Last,
        Key::Plus | Key::Equals => FilmAction::Zoom(film.zoomed(0.5, trace)),
        Key::Minus => FilmAction::Zoom(film.zoomed(2.0, trace)),
        // A span from here, or up to here.
        Key::OpenBracket => FilmAction::Select(Some((at, to.max(at)))),
        Key::CloseBracket => FilmAction::Select(Some((from.min(at), at))),
        Key::Escape if film.selection.is_some() => FilmAction::Select(None),
        _ => return None,
    })
}

fn digit(key: Key) -> Option<u8> {
    key.name().parse().ok().filter(|digit| (1..=9).contains(digit))
}
