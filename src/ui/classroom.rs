//! What is being taught: classes, the examples collected of each, what was learned. Knows nothing
//! of how it is drawn.

use std::path::PathBuf;
use std::sync::Arc;

use super::store::{Tone, count};
use crate::observation::{Hint, TrackId};
use crate::runtime::teaching::{TakeId, TeachingEvent};
use crate::teach::lesson::{RESERVED, is_reserved};
use crate::teach::{Example, Grouping, Lesson, Progress, TaughtModel};

/// Four seconds of a class; less is a snapshot, not an expression.
pub const MIN_EXAMPLES: usize = 20;
/// More of the same teach nothing more.
pub const MAX_EXAMPLES: usize = 1500;
/// Classes that the page has room for.
pub const MAX_CLASSES: usize = 24;
/// Names are labels in bars, tables and columns.
pub const MAX_NAME: usize = 40;
/// Examples of a take that are never parted, two seconds of it: neighbours are nearly the same
/// picture.
const PIECE: usize = 10;

/// A class of the user's own.
#[derive(Debug, Clone)]
pub struct TaughtClass {
    /// Which one; never used twice.
    pub id: u32,
    /// Its name, as typed.
    pub name: String,
    takes: Vec<Take>,
}

/// One go at collecting.
#[derive(Debug, Clone)]
struct Take {
    number: u32,
    embeddings: Vec<Arc<[f32]>>,
}

impl TaughtClass {
    /// Examples collected.
    pub fn examples(&self) -> usize {
        self.takes.iter().map(|take| take.embeddings.len()).sum()
    }

    /// Takes that hold examples.
    pub fn takes(&self) -> usize {
        self.takes.len()
    }
}

/// What is being collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collecting {
    /// Class and take.
    pub take: TakeId,
    /// Whose face.
    pub track: TrackId,
    /// Why the newest face was not taken.
    pub hint: Option<Hint>,
}

/// How far learning is.
#[derive(Debug, Clone, Default)]
pub enum Course {
    /// Nothing was asked for.
    #[default]
    Idle,
    /// On its way.
    Running(Progress),
    /// Something was learned.
    Learned(Arc<TaughtModel>),
    /// Nothing was learned, and why.
    Failed(String),
}

/// Everything that is being taught.
#[derive(Debug, Clone, Default)]
pub struct Classroom {
    classes: Vec<TaughtClass>,
    next_class: u32,
    next_take: u32,
    /// What is being collected.
    pub collecting: Option<Collecting>,
    /// How far learning is.
    pub course: Course,
    /// Whether examples or names changed since it was learned.
    pub changed: bool,
    /// What reads in place of the model of the start.
    pub in_use: Option<Arc<TaughtModel>>,
    /// What was asked to read; the inner `None` is the model of the start.
    asked: Option<Option<Arc<TaughtModel>>>,
    /// Where what was learned was written.
    pub saved: Option<PathBuf>,
}

impl Classroom {
    /// The classes in the order in which they were added.
    pub fn classes(&self) -> &[TaughtClass] {
        &self.classes
    }

    /// Whether a class can be called so: not empty, not taken by another one than `except`.
    pub fn is_free(&self, name: &str, except: Option<u32>) -> bool {
        let name = name.trim();
        let others = self.classes.iter().filter(|class| Some(class.id) != except);
        !name.is_empty()
            && !is_reserved(name)
            && others.into_iter().all(|class| class.name.trim() != name)
    }

    /// Adds a class, if its name is free and there is room.
    pub fn add(&mut self, name: &str) {
        if self.is_free(name, None) && self.classes.len() < MAX_CLASSES {
            self.next_class += 1;
            let name = shortened(name.trim());
            self.classes.push(TaughtClass { id: self.next_class, name, takes: Vec::new() });
            self.changed = true;
        }
    }

    /// Gives a class another name; whether it will do is said by [`Self::missing`].
    pub fn rename(&mut self, id: u32, name: &str) {
        if let Some(class) = self.classes.iter_mut().find(|class| class.id == id) {
            class.name = shortened(name);
            self.changed = true;
        }
    }

    /// Takes a class away with its examples.
    pub fn remove(&mut self, id: u32) {
        self.classes.retain(|class| class.id != id);
        if self.collecting.is_some_and(|collecting| collecting.take.class == id) {
            self.collecting = None;
        }
        self.changed = true;
    }

    /// Begins a take.
    pub fn begin_take(&mut self, class: u32, track: TrackId) -> TakeId {
        self.next_take += 1;
        let take = TakeId { class, take: self.next_take };
        self.collecting = Some(Collecting { take, track, hint: None });
        take
    }

    /// What can be taken back: the class of the newest take, and its examples.
    pub fn last_take(&self) -> Option<(&str, usize)> {
        let newest = |class: &TaughtClass| class.takes.last().map(|take| take.number);
        let class = self.classes.iter().max_by_key(|class| newest(class))?;
        Some((&class.name, class.takes.last()?.embeddings.len()))
    }

    /// Takes the newest take back.
    pub fn undo(&mut self) {
        let newest = |class: &TaughtClass| class.takes.last().map(|take| take.number);
        if let Some(class) = self.classes.iter_mut().max_by_key(|class| newest(class)) {
            self.changed |= class.takes.pop().is_some();
        }
    }

    /// What is still needed before anything can be learned, in one sentence.
    pub fn missing(&self) -> Option<String> {
        if self.classes.len() < 2 {
            return Some("Add two classes or more to tell apart.".to_owned());
        }
        if let Some(class) = self.classes.iter().find(|class| class.name.trim().is_empty()) {
            let at = self.classes.iter().position(|other| other.id == class.id).unwrap_or(0) + 1;
            return Some(format!("Class {at} has no name."));
        }
        if self.classes.iter().any(|class| is_reserved(&class.name)) {
            return Some(format!("No class can be called “{RESERVED}”: it means no reading."));
        }
        if let Some(class) =
            self.classes.iter().find(|class| !self.is_free(&class.name, Some(class.id)))
        {
            return Some(format!("Two classes are called “{}”.", class.name.trim()));
        }
        let fewest = self.classes.iter().min_by_key(|class| class.examples())?;
        (fewest.examples() < MIN_EXAMPLES).then(|| {
            format!(
                "“{}” has {}; {MIN_EXAMPLES} are the least.",
                fewest.name.trim(),
                count(fewest.examples() as u64, "example")
            )
        })
    }

    /// What was collected, to learn from.
    pub fn lesson(&self) -> Lesson {
        let mut examples = Vec::new();
        for (class, taught) in self.classes.iter().enumerate() {
            for take in &taught.takes {
                let of_take = take.embeddings.iter().enumerate().map(|(i, embedding)| Example {
                    class,
                    group: take.number.into(),
                    unit: u64::from(take.number) << 32 | (i / PIECE) as u64,
                    embedding: Arc::clone(embedding),
                });
                examples.extend(of_take);
            }
        }
        let classes = self.classes.iter().map(|class| class.name.trim().to_owned()).collect();
        Lesson { classes, examples, grouping: Grouping::Take }
    }

    /// A name for what will be learned, fit for a folder: `calm-tense`.
    pub fn model_name(&self) -> String {
        let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
        let words: Vec<String> = self
            .classes
            .iter()
            .map(|class| class.name.trim().to_lowercase().chars().map(plain).collect())
            .collect();
        let name: String = words.join("-").chars().take(MAX_NAME).collect();
        let name = name.trim_matches('-');
        if name.is_empty() { "taught".to_owned() } else { name.to_owned() }
    }

    /// Learning was asked for.
    pub fn begin_course(&mut self) {
        self.course = Course::Running(Progress { done: 0, total: 0 });
        self.changed = false;
        self.saved = None;
    }

    /// What was learned, if anything was.
    pub fn learned(&self) -> Option<&Arc<TaughtModel>> {
        match &self.course {
            Course::Learned(model) => Some(model),
            Course::Idle | Course::Running(_) | Course::Failed(_) => None,
        }
    }

    /// Another model was asked to read.
    pub fn ask_to_use(&mut self, model: Option<Arc<TaughtModel>>) {
        self.asked = Some(model);
    }

    /// Whether a model was asked for that does not read yet.
    pub fn is_changing(&self) -> bool {
        self.asked.is_some()
    }

    /// The model that was asked for reads now.
    pub fn on_model_changed(&mut self) {
        self.in_use = self.asked.take().flatten();
    }

    /// Takes in what the teaching thread tells. Answers what is to be told to the user.
    pub fn on_event(&mut self, event: TeachingEvent) -> Option<(Tone, String, Option<PathBuf>)> {
        match event {
            TeachingEvent::Example { take, embedding } => {
                self.on_example(take, embedding);
                None
            }
            TeachingEvent::NotTaken { take, hint } => {
                if let Some(collecting) = self.collecting.as_mut().filter(|c| c.take == take) {
                    collecting.hint = Some(hint);
                }
                None
            }
            TeachingEvent::Progress(progress) => {
                if matches!(self.course, Course::Running(_)) {
                    self.course = Course::Running(progress);
                }
                None
            }
            TeachingEvent::Learned(model) => {
                self.course = Course::Learned(model);
                None
            }
            TeachingEvent::Stopped => {
                self.course = Course::Idle;
                None
            }
            TeachingEvent::Saved { folder } => {
                let text = format!(
                    "Model saved. Start with it: mien --model and the folder {}.",
                    folder.display()
                );
                self.saved = Some(folder.clone());
                Some((Tone::News, text, Some(folder)))
            }
            TeachingEvent::Failed { message } => {
                self.collecting = None;
                self.asked = None;
                if matches!(self.course, Course::Running(_)) {
                    self.course = Course::Failed(message);
                    return None;
                }
                Some((Tone::Trouble, message, None))
            }
        }
    }

    fn on_example(&mut self, take: TakeId, embedding: Arc<[f32]>) {
        if let Some(collecting) = self.collecting.as_mut().filter(|c| c.take == take) {
            collecting.hint = None;
        }
        // One that was on its way when its class or its take was taken away is not taken in; one
        // that was when collecting ended belongs to its take.
        let newest = self.next_take;
        let Some(class) = self.classes.iter_mut().find(|class| class.id == take.class) else {
            return;
        };
        if take.take != newest || class.examples() >= MAX_EXAMPLES {
            return;
        }
        match class.takes.last_mut().filter(|last| last.number == take.take) {
            Some(last) => last.embeddings.push(embedding),
            None if self.collecting.is_some_and(|c| c.take == take) => {
                class.takes.push(Take { number: take.take, embeddings: vec![embedding] });
            }
            None => return,
        }
        self.changed = true;
    }
}

fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: TrackId = TrackId(1);

    fn example(take: TakeId, value: f32) -> TeachingEvent {
        TeachingEvent::Example { take, embedding: vec![value; 4].into() }
    }

    fn collect(room: &mut Classroom, class: u32, examples: usize) -> TakeId {
        let take = room.begin_take(class, FACE);
        for i in 0..examples {
            room.on_event(example(take, i as f32));
        }
        room.collecting = None;
        take
    }

    #[test]
    fn it_says_what_is_missing_until_nothing_is() {
        let mut room = Classroom::default();
        assert!(room.missing().unwrap().contains("two classes"));
        room.add("calm");
        room.add("  ");
        room.add("calm");
        room.add("tense");
        assert_eq!(room.classes().len(), 2);
        let [calm, tense] = [room.classes()[0].id, room.classes()[1].id];
        collect(&mut room, calm, 25);
        assert_eq!(room.missing().unwrap(), "“tense” has 0 examples; 20 are the least.");
        collect(&mut room, tense, 20);
        assert_eq!(room.missing(), None);
        room.rename(tense, " calm ");
        assert!(room.missing().unwrap().contains("Two classes are called “calm”"));
        room.rename(tense, "unsure ");
        assert!(room.missing().unwrap().contains("No class can be called “unsure”"));
        room.rename(tense, "");
        assert!(room.missing().unwrap().contains("Class 2 has no name"));
    }

    #[test]
    fn takes_are_groups_and_two_seconds_are_never_parted() {
        let mut room = Classroom::default();
        room.add("calm");
        room.add("tense");
        let [calm, tense] = [room.classes()[0].id, room.classes()[1].id];
        collect(&mut room, calm, 25);
        collect(&mut room, tense, 10);
        collect(&mut room, calm, 5);
        let lesson = room.lesson();
        assert_eq!(lesson.counts(), [30, 10]);
        assert_eq!(lesson.grouping, Grouping::Take);
        let groups: std::collections::BTreeSet<u64> =
            lesson.examples.iter().map(|e| e.group).collect();
        let units: std::collections::BTreeSet<u64> =
            lesson.examples.iter().map(|e| e.unit).collect();
        assert_eq!((groups.len(), units.len()), (3, 5));
    }

    #[test]
    fn the_last_take_can_be_taken_back_whichever_class_it_is_of() {
        let mut room = Classroom::default();
        room.add("calm");
        room.add("tense");
        let [calm, tense] = [room.classes()[0].id, room.classes()[1].id];
        collect(&mut room, tense, 7);
        let late = collect(&mut room, calm, 9);
        assert_eq!(room.last_take(), Some(("calm", 9)));
        room.undo();
        // What was still on its way does not bring it back.
        room.on_event(example(late, 0.0));
        assert_eq!(room.classes()[0].examples(), 0);
        assert_eq!(room.last_take(), Some(("tense", 7)));
        room.undo();
        assert_eq!(room.last_take(), None);
        room.undo();
    }

    #[test]
    fn examples_of_a_class_that_is_gone_and_beyond_the_bound_are_left() {
        let mut room = Classroom::default();
        room.add("calm");
        let calm = room.classes()[0].id;
        collect(&mut room, calm, MAX_EXAMPLES + 10);
        assert_eq!(room.classes()[0].examples(), MAX_EXAMPLES);
        let take = room.begin_take(calm, FACE);
        room.remove(calm);
        assert_eq!(room.collecting, None);
        room.on_event(example(take, 1.0));
        assert!(room.classes().is_empty());
    }

    #[test]
    fn a_failure_ends_what_it_concerns() {
        let mut room = Classroom::default();
        room.begin_course();
        let failed = || TeachingEvent::Failed { message: "no luck".into() };
        assert_eq!(room.on_event(failed()), None);
        assert!(matches!(&room.course, Course::Failed(message) if message == "no luck"));
        let told = room.on_event(failed());
        assert_eq!(told, Some((Tone::Trouble, "no luck".to_owned(), None)));
    }

    #[test]
    fn a_name_fit_for_a_folder_comes_from_the_classes() {
        let mut room = Classroom::default();
        assert_eq!(room.model_name(), "taught");
        room.add("Very calm");
        room.add("tense/../..");
        assert_eq!(room.model_name(), "very-calm-tense");
    }
}
