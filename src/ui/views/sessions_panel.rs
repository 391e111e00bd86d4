//! The side of the list: what is known of the chosen session, and what can be done with it.

use eframe::egui::accesskit::Role;
use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{self, Key, Rect, RichText, Sense, TextEdit, vec2};

use super::face_panel::small_text;
use super::sessions::SessionsPage;
use super::sessions_row::{is_amiss, when};
use super::settings_page::field;
use super::teach::call;
use super::top_bar::megabytes;
use super::{Scene, sheet, side_panel};
use crate::library::{Entry, Labelling, Origin, State};
use crate::ui::actions::{Action, Actions, LockAction, SessionsAction};
use crate::ui::lock_store::Purpose;
use crate::ui::store::count;
use crate::ui::theme::{self, Theme};
use crate::ui::widgets::{Button, Icon, Look, announce, elided, heading, strip};
use crate::words;

/// Height of the timeline.
const STRIP: f32 = 44.0;

/// What is written about a session, until it is kept.
#[derive(Debug, Default)]
pub struct Draft {
    /// What it was made from.
    of: Option<Kept>,
    name: String,
    participant: String,
    tags: String,
    note: String,
}

/// Folder and what is kept about it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept([String; 4], Vec<String>);

impl Kept {
    fn of(entry: &Entry, own_name: &str) -> Self {
        let Entry { folder_name, participant, note, tags, .. } = entry;
        let texts = [folder_name, own_name, participant, note].map(|text| (*text).to_owned());
        Self(texts, tags.clone())
    }
}

impl Draft {
    /// Begins anew with another session, or when something else changed it.
    fn follow(&mut self, entry: &Entry) {
        let kept = Kept::of(entry, &entry.name);
        if self.of.as_ref() != Some(&kept) {
            self.name.clone_from(&entry.name);
            self.participant.clone_from(&entry.participant);
            self.tags = entry.tags.join(", ");
            self.note.clone_from(&entry.note);
            self.of = Some(kept);
        }
    }

    fn labelling(&self) -> Labelling {
        let tags = self.tags.split(',').map(|tag| tag.trim().to_owned());
        Labelling {
            name: Some(self.name.trim().to_owned()),
            tags: Some(tags.filter(|tag| !tag.is_empty()).collect()),
            participant: Some(self.participant.trim().to_owned()),
            note: Some(self.note.trim().to_owned()),
        }
    }
}

/// Draws the panel.
pub fn sessions_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    scene: Scene<'_>,
    page: &mut SessionsPage,
    actions: &mut Actions,
) {
    let Some(entry) = scene.store.sessions.chosen() else { return };
    if entry.is_locked() {
        return locked_panel(ui, rect, entry, scene, actions);
    }
    let draft = &mut page.draft;
    draft.follow(entry);
    side_panel(ui, "session", rect, scene.compact, |ui| {
        let mut asked = Vec::new();
        head(ui, entry, &mut asked);
        ui.add_space(8.0);
        facts(ui, entry);
        ui.add_space(8.0);
        let folder = scene.store.sessions.folder(&entry.folder_name);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            let replay = Button::new("Replay").look(Look::Main).with_icon(Icon::Play);
            if replay.ui(ui).clicked() {
                asked.push(SessionsAction::Show(entry.folder_name.clone()));
            }
            if Button::new("Report").ui(ui).clicked() {
                asked.push(SessionsAction::Report(vec![folder.clone()]));
            }
            if Button::new("Open folder").ui(ui).clicked() {
                actions.push(Action::OpenFolder(folder.clone()));
            }
        });
        ui.add_space(theme::GAP);
        labels(ui, entry, draft, &mut asked);
        ui.add_space(theme::GAP);
        ui.horizontal(|ui| {
            let closed = !matches!(entry.state, State::Recording | State::Unfinished);
            ui.add_enabled_ui(closed, |ui| lock_button(ui, entry, actions));
            erase_button(ui, entry, &mut asked);
        });
        actions.extend(asked.into_iter().map(Action::Sessions));
    });
}

/// Of a locked session there is little to tell.
fn locked_panel(
    ui: &mut egui::Ui,
    rect: Rect,
    entry: &Entry,
    scene: Scene<'_>,
    actions: &mut Actions,
) {
    let theme = Theme::of(ui);
    side_panel(ui, "session", rect, scene.compact, |ui| {
        let mut asked = Vec::new();
        close_line(ui, &mut asked);
        ui.horizontal(|ui| {
            let (square, _) = ui.allocate_exact_size(vec2(18.0, 18.0), Sense::hover());
            Icon::Lock.paint(ui.painter(), square, theme.muted);
            ui.label(RichText::new("Locked").font(theme::bold(theme::SIZE_TITLE)));
        });
        ui.add_space(8.0);
        fact(ui, "from", &when(entry), theme.text);
        fact(ui, "size", &megabytes(entry.bytes), theme.text);
        fact(ui, "folder", &entry.folder_name, theme.text);
        ui.add_space(theme::GRID);
        let partly = entry.state == State::Locked { partly: true };
        let text = match partly {
            true => "Locking or unlocking ended before it was done. Nothing is lost: do it again.",
            false => "Its files are encrypted. With the passphrase it can be shown as it is.",
        };
        small_text(ui, text, if partly { theme.warning } else { theme.muted });
        ui.add_space(8.0);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
            if Button::new("Open").look(Look::Main).with_icon(Icon::Play).ui(ui).clicked() {
                asked.push(SessionsAction::Show(entry.folder_name.clone()));
            }
            if partly {
                lock_button(ui, entry, actions);
            }
            let unlock = Button::new("Unlock…").name("Unlock this session");
            if unlock.ui(ui).clicked() {
                let purpose = Purpose::Unlock(entry.folder_name.clone());
                actions.push(Action::Lock(LockAction::Ask(purpose)));
            }
            if Button::new("Open folder").ui(ui).clicked() {
                let folder = scene.store.sessions.folder(&entry.folder_name);
                actions.push(Action::OpenFolder(folder));
            }
        });
        ui.add_space(theme::GAP);
        erase_button(ui, entry, &mut asked);
        actions.extend(asked.into_iter().map(Action::Sessions));
    });
}

fn lock_button(ui: &mut egui::Ui, entry: &Entry, actions: &mut Actions) {
    if Button::new("Lock…").name("Lock this session").with_icon(Icon::Lock).ui(ui).clicked() {
        let purpose = Purpose::Lock(entry.folder_name.clone());
        actions.push(Action::Lock(LockAction::Ask(purpose)));
    }
}

fn erase_button(ui: &mut egui::Ui, entry: &Entry, asked: &mut Vec<SessionsAction>) {
    let erase = Button::new("Erase…").name("Erase this session").look(Look::Quiet);
    if erase.ui(ui).clicked() {
        asked.push(SessionsAction::AskToErase(Some(entry.folder_name.clone())));
    }
}

fn close_line(ui: &mut egui::Ui, asked: &mut Vec<SessionsAction>) {
    ui.horizontal(|ui| {
        heading(ui, "Session", "");
        ui.add_space((ui.available_width() - theme::CONTROL_HEIGHT).max(0.0));
        let close = Button::icon(Icon::Cross, "Close session").look(Look::Quiet);
        if close.ui(ui).clicked() {
            asked.push(SessionsAction::Choose(None));
        }
    });
}

fn head(ui: &mut egui::Ui, entry: &Entry, asked: &mut Vec<SessionsAction>) {
    let theme = Theme::of(ui);
    close_line(ui, asked);
    let font = theme::bold(theme::SIZE_TITLE);
    let title = elided(ui, entry.title(), font, theme.text, ui.available_width());
    let cut = title.elided;
    let (rect, response) = ui.allocate_exact_size(title.size(), Sense::hover());
    ui.painter().galley(rect.min, title, theme.text);
    announce(ui, rect, Role::Heading, entry.title(), None);
    if cut {
        response.on_hover_text(entry.title());
    }
    let size = vec2(ui.available_width(), STRIP);
    ui.add_space(theme::GRID);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    strip(ui, rect, &entry.strip, &entry.words);
    let spoken = match entry.mostly() {
        Some(word) => format!("mostly {word}"),
        None => "no label was shown".to_owned(),
    };
    announce(ui, rect, Role::Image, "expression over time", Some(spoken));
}

fn facts(ui: &mut egui::Ui, entry: &Entry) {
    let theme = Theme::of(ui);
    let mut faces = count(entry.faces as u64, "face");
    if entry.face_numbers > entry.faces {
        faces = format!("{} at once, {} numbers", entry.faces, entry.face_numbers);
    }
    let origin = match entry.origin {
        Origin::Recorded => when(entry),
        Origin::File => format!("a file, read {}", in_a_sentence(when(entry))),
        Origin::Imported => format!("imported {}", in_a_sentence(when(entry))),
    };
    let facts = [
        ("from", origin),
        ("length", words::clock(entry.duration_secs as u64)),
        ("faces", faces),
        ("markers", entry.markers.to_string()),
        ("rows", words::grouped(entry.rows, ',')),
        ("mostly", entry.mostly().unwrap_or("–").to_owned()),
        ("folder", entry.folder_name.clone()),
    ];
    for (name, value) in facts {
        fact(ui, name, &value, theme.text);
    }
    let color = if is_amiss(&entry.state) { theme.warning } else { theme.muted };
    small_text(ui, &super::picture::capitalised(&entry.state.in_words()), color);
}

/// "today 14:02".
fn in_a_sentence(when: String) -> String {
    when.replace("Today", "today").replace("Yesterday", "yesterday")
}

/// A name and its value on one line.
pub(super) fn fact(ui: &mut egui::Ui, name: &str, value: &str, color: egui::Color32) {
    fact_lines(ui, name, value, color, 1);
}

/// A name and its value on as many lines as it takes, but no more than `most`.
pub(super) fn fact_lines(
    ui: &mut egui::Ui,
    name: &str,
    value: &str,
    color: egui::Color32,
    most: usize,
) {
    const NAME: f32 = 76.0;
    let theme = Theme::of(ui);
    let width = ui.available_width();
    let font = theme::font(theme::SIZE_LIST);
    let name_galley = elided(ui, name, font.clone(), theme.muted, NAME);
    let room = (width - NAME).max(20.0);
    let mut job = LayoutJob::simple(value.to_owned(), font, color, room);
    job.wrap = TextWrapping { max_width: room, max_rows: most, ..Default::default() };
    let galley = ui.painter().layout_job(job);
    let cut = galley.elided;
    let size = vec2(width, galley.size().y.max(18.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().galley(rect.min, name_galley, theme.muted);
    ui.painter().galley(rect.min + vec2(NAME, 0.0), galley, color);
    announce(ui, rect, Role::Label, &format!("{name} {value}"), None);
    if cut {
        response.on_hover_text(value);
    }
}

/// Name, participant, tags and note; each is kept when the keyboard leaves it.
fn labels(ui: &mut egui::Ui, entry: &Entry, draft: &mut Draft, asked: &mut Vec<SessionsAction>) {
    heading(ui, "Labels", "");
    let closed = !matches!(entry.state, State::Recording | State::Unfinished);
    let mut left = false;
    ui.add_enabled_ui(closed, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let texts = [
            ("Name", &mut draft.name, "as its file or folder"),
            ("Participant code", &mut draft.participant, "a code, never a name"),
            ("Tags", &mut draft.tags, "separated by commas"),
        ];
        for (name, text, hint) in texts {
            label(ui, name);
            let id = egui::Id::unique(("session label", name, &entry.folder_name));
            let edit = ui.add(field(text).id(id).hint_text(hint));
            call(ui, &edit, name);
            left |= edit.lost_focus();
        }
        label(ui, "Note");
        let id = egui::Id::unique(("session note", &entry.folder_name));
        let edit = TextEdit::multiline(&mut draft.note)
            .id(id)
            .desired_width(f32::INFINITY)
            .desired_rows(3)
            .margin(egui::Margin::symmetric(8, 5))
            .font(theme::font(theme::SIZE_LIST));
        let edit = ui.add(edit);
        call(ui, &edit, "Note");
        left |= edit.lost_focus();
    });
    let labelling = draft.labelling();
    let escaped = ui.input(|input| input.key_pressed(Key::Escape));
    if left && escaped {
        draft.of = None;
    } else if left && changes(&labelling, entry) {
        asked.push(SessionsAction::Label(entry.folder_name.clone(), labelling));
    }
    if !closed {
        let theme = Theme::of(ui);
        small_text(ui, "It can be labelled once it is closed.", theme.muted);
    }
}

/// The name above a field, painted alone: the field says it to screen readers.
fn label(ui: &mut egui::Ui, text: &str) {
    let theme = Theme::of(ui);
    let font = theme::font(theme::SIZE_STATUS);
    let galley = elided(ui, text, font, theme.muted, ui.available_width());
    let (rect, _) = ui.allocate_exact_size(galley.size(), Sense::hover());
    ui.painter().galley(rect.min, galley, theme.muted);
}

fn changes(labelling: &Labelling, entry: &Entry) -> bool {
    let Labelling { name, tags, participant, note } = labelling;
    let same = |new: &Option<String>, old: &str| new.as_ref().is_none_or(|new| new == old);
    let same_tags = tags.as_ref().is_none_or(|tags| *tags == entry.tags);
    !(same(name, &entry.name)
        && same(participant, &entry.participant)
        && same(note, &entry.note)
        && same_tags)
}

/// What an erased session takes with it.
fn removed(entry: &Entry) -> String {
    format!(
        "{} of {} and {}, its labels, and reports that were written of it here are removed \
         from the disk for good, not put into a bin. A video that it was made from, and copies \
         elsewhere, stay.",
        count(entry.rows, "row"),
        words::clock(entry.duration_secs as u64),
        count(entry.markers as u64, "marker"),
    )
}

/// Asks before a session is removed for good, and says what goes.
pub fn erase_question(ui: &mut egui::Ui, scene: Scene<'_>, actions: &mut Actions) {
    let theme = Theme::of(ui);
    let sessions = &scene.store.sessions;
    let Some(entry) = sessions.asks_to_erase.as_ref().and_then(|name| sessions.entry(name)) else {
        return;
    };
    let response = sheet(ui, ("erase question", "Erase this session?"), 420.0, |ui| {
        ui.heading("Erase this session?");
        ui.add_space(theme::GRID);
        let title = elided(
            ui,
            entry.title(),
            theme::bold(theme::SIZE_BODY),
            theme.text,
            ui.available_width(),
        );
        let (rect, _) = ui.allocate_exact_size(title.size(), Sense::hover());
        ui.painter().galley(rect.min, title, theme.text);
        announce(ui, rect, Role::Label, entry.title(), None);
        let text = match entry.is_locked() {
            true => {
                "It is removed from the disk for good, not put into a bin. Copies elsewhere stay."
                    .to_owned()
            }
            false => removed(entry),
        };
        let text = RichText::new(text).font(theme::font(theme::SIZE_LIST)).line_height(Some(20.0));
        ui.label(text.color(theme.muted));
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            let keep = Button::new("Keep it").look(Look::Main).ui(ui);
            if keep.clicked() {
                actions.push(Action::Sessions(SessionsAction::AskToErase(None)));
            }
            if Button::new("Erase").ui(ui).clicked() {
                let name = entry.folder_name.clone();
                actions.push(Action::Sessions(SessionsAction::Erase(name)));
            }
        });
    });
    if response.should_close() {
        actions.push(Action::Sessions(SessionsAction::AskToErase(None)));
    }
}
