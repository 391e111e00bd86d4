//! A session, or several side by side, as one page: no script, nothing from elsewhere, light and
//! dark, fit for printing.

mod page;
mod timeline;

#[cfg(test)]
mod tests;

use std::path::Path;

use crate::library::{Entry, problems};
use crate::model;
use crate::session::{ReadError, Session, SessionRecord, Signal};
use crate::stats::{Comparison, Group, Holds, Selection, Summary, compare, summarise};

/// A session with its figures.
pub struct Reported {
    entry: Entry,
    record: SessionRecord,
    signal: Signal,
    holds: Holds,
    summary: Summary,
    /// What could not be used, in words.
    problems: Vec<String>,
}

impl Reported {
    /// Reads a session folder as far as it is sound.
    ///
    /// # Errors
    /// If there is no session, or its table can't be read at all.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        Self::of(&Session::open(folder)?)
    }

    /// The same of a session that was opened, such as a locked one with its key.
    ///
    /// # Errors
    /// If its table can't be read at all.
    pub fn of(session: &Session) -> Result<Self, ReadError> {
        let signal = Signal::read(session)?;
        let holds = Holds::of(&signal);
        let summary = summarise(&signal, &holds, &Selection::whole(&holds));
        let problems = problems(session, &signal);
        let record = session.record().clone();
        let entry = Entry::of_read(session, &signal, &holds);
        Ok(Self { entry, record, signal, holds, summary, problems })
    }

    /// What to call it.
    pub fn title(&self) -> &str {
        self.entry.title()
    }

    /// What the card of the emotion model says of its accuracy, if it is the one inside this
    /// program: the name of the pictures, and the figures.
    fn accuracy(&self) -> Option<(String, Vec<(String, f64)>)> {
        let read_with = self.record.models.iter().find(|model| model.role == "emotion")?;
        let (card, _) = model::built_in()
            .into_iter()
            .find(|(card, _)| card.sha256().eq_ignore_ascii_case(&read_with.sha256))?;
        card.headline()
    }
}

/// The differences of two sessions; `None` if there are not just two, or if their classes differ.
fn comparison(sessions: &[Reported]) -> Option<Comparison> {
    let [first, second] = sessions else { return None };
    let group = |one: &Reported| {
        let mut group = Group::new(one.title());
        group
            .add(&one.signal, &one.holds, std::slice::from_ref(&one.summary.selection))
            .then_some(group)
    };
    compare(&group(first)?, &group(second)?)
}

/// The page, for one session or more.
pub fn to_html(sessions: &[Reported]) -> String {
    page::page(sessions, comparison(sessions).as_ref())
}
