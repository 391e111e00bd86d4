//! Which sessions of the list to show, and in what order.

use super::{Entry, Library, Origin};

/// Order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, clap::ValueEnum)]
pub enum SortBy {
    /// By start; of files, by when they were analysed.
    #[default]
    When,
    /// By [`Entry::title`].
    Name,
    /// By participant code.
    Participant,
    /// By duration.
    Length,
    /// By faces at once.
    Faces,
    /// By the class shown longest.
    Mostly,
    /// By state, damaged ones apart.
    State,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Words, each of which must stand in name, folder, tags, participant or note; case and accents
    /// of the Latin alphabet count as they are written, but for upper and lower case.
    pub text: String,
    /// Only such.
    pub origin: Option<Origin>,
    /// Only those that have all of these tags.
    pub tags: Vec<String>,
    /// Only those of this code.
    pub participant: Option<String>,
    /// Only those whose state has this word, see [`super::State::word`].
    pub state: Option<String>,
    /// Order.
    pub sort: SortBy,
    /// The other way round.
    pub descending: bool,
}

impl Query {
    /// Whether an entry is wanted.
    pub fn wants(&self, entry: &Entry) -> bool {
        let tags = |tag: &String| entry.tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
        self.origin.is_none_or(|origin| origin == entry.origin)
            && self.participant.as_ref().is_none_or(|code| *code == entry.participant)
            && self.state.as_ref().is_none_or(|state| state == entry.state.word())
            && self.tags.iter().all(tags)
            && self.has_words(entry)
    }

    fn has_words(&self, entry: &Entry) -> bool {
        if self.text.trim().is_empty() {
            return true;
        }
        let texts = [&entry.name, &entry.folder_name, &entry.participant, &entry.note];
        let all: String = texts
            .into_iter()
            .chain(&entry.tags)
            .map(|text| text.to_lowercase())
            .collect::<Vec<_>>()
            .join("\n");
        self.text.to_lowercase().split_whitespace().all(|word| all.contains(word))
    }

    /// Entries that are wanted, in the order that is wanted; equals by folder name.
    pub fn run<'a>(&self, library: &'a Library) -> Vec<&'a Entry> {
        let mut found: Vec<&Entry> = library.entries().filter(|entry| self.wants(entry)).collect();
        let lower = |text: &str| text.to_lowercase();
        match self.sort {
            SortBy::When => found.sort_by_key(|entry| (entry.at(), entry.folder_name.as_str())),
            SortBy::Name => found.sort_by_cached_key(|entry| lower(entry.title())),
            SortBy::Participant => found.sort_by_cached_key(|entry| lower(&entry.participant)),
            SortBy::Length => found.sort_by(|a, b| a.duration_secs.total_cmp(&b.duration_secs)),
            SortBy::Faces => found.sort_by_key(|entry| entry.faces),
            SortBy::Mostly => found.sort_by_key(|entry| entry.mostly()),
            SortBy::State => found.sort_by_key(|entry| entry.state.word()),
        }
        if self.descending {
            found.reverse();
        }
        found
    }
}
