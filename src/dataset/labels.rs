//! Names of classes: the same expression is called by many names, and numbered in many ways.
//!
//! Two classes are the same if their names are equal (whatever the case), or if the table below
//! gives both the same noun. A name outside the table stays as it is, so that sets with classes of
//! their own work too.

use crate::observation::Labels;

/// The nouns of FER+, in its order, each with the other names that data sets use for it:
/// adjectives of FER2013, folder names of CK+, nouns of AffectNet and RAF-DB, and one spelling
/// mistake that travels with a copy of FER2013.
const NAMES: [(&str, &[&str]); 8] = [
    ("neutral", &["neutrality", "no emotion"]),
    ("happiness", &["happy", "joy", "joyful"]),
    ("surprise", &["surprised", "suprise"]),
    ("sadness", &["sad"]),
    ("anger", &["angry"]),
    ("disgust", &["disgusted"]),
    ("fear", &["fearful", "afraid", "scared"]),
    ("contempt", &["contemptuous"]),
];

/// The noun for a class name in any of the known spellings, such as `Happy`, `03_sad` or `fear`.
pub fn noun(name: &str) -> Option<&'static str> {
    let plain = plain(name);
    NAMES
        .iter()
        .find(|(noun, others)| *noun == plain || others.contains(&plain.as_str()))
        .map(|(noun, _)| *noun)
}

/// Position of a noun in FER+.
fn rank(noun: Option<&str>) -> usize {
    NAMES.iter().position(|(name, _)| Some(*name) == noun).unwrap_or(NAMES.len())
}

/// Lower case, without a number in front (`0_angry`, `3. sad`), words parted by single spaces.
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    let without_number = name.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_numbered = without_number.len() < name.len()
        && without_number.starts_with(['_', '-', '.', ' ', ')'])
        && without_number.chars().any(char::is_alphabetic);
    let name = if is_numbered { without_number } else { &name };
    let words = name.split(['_', '-', '.', ' ', ')']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whose numbers labels are. Each set has its own, so they are never guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbering {
    /// FER2013: 0 angry, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral.
    Fer2013,
    /// CK+: 0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise.
    CkPlus,
    /// AffectNet: 0 neutral, 1 happy, 2 sad, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt.
    AffectNet,
    /// RAF-DB: 1 surprise, 2 fear, 3 disgust, 4 happiness, 5 sadness, 6 anger, 7 neutral.
    RafDb,
    /// The numbers are the names of classes.
    Names,
}

impl Numbering {
    /// The noun for number `number`; `None` if the numbering has no such number.
    pub fn noun(self, number: u32) -> Option<&'static str> {
        let nouns: &[&str] = match self {
            Self::Fer2013 => {
                &["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
            }
            Self::CkPlus => &[
                "neutral",
                "anger",
                "contempt",
                "disgust",
                "fear",
                "happiness",
                "sadness",
                "surprise",
            ],
            Self::AffectNet => &[
                "neutral",
                "happiness",
                "sadness",
                "surprise",
                "fear",
                "disgust",
                "anger",
                "contempt",
            ],
            Self::RafDb => {
                &["", "surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"]
            }
            Self::Names => &[],
        };
        nouns.get(number as usize).copied().filter(|noun| !noun.is_empty())
    }

    /// The class that `label` names: a number is looked up, anything else stays.
    pub(super) fn resolve(numbering: Option<Self>, label: &str) -> String {
        let number = label.trim().parse().ok();
        let noun = number.and_then(|number| numbering.and_then(|set| set.noun(number)));
        noun.unwrap_or(label.trim()).to_owned()
    }
}

/// Whether this label is nothing but a number.
pub(super) fn is_number(label: &str) -> bool {
    let label = label.trim();
    !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit())
}

/// A class of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Class {
    /// As first met in the data.
    pub name: String,
    /// The noun of FER+ for it, if it is one of the known expressions.
    pub noun: Option<&'static str>,
}

impl Class {
    fn new(name: &str) -> Self {
        Self { name: name.trim().to_owned(), noun: noun(name) }
    }

    /// What to call it: the noun if there is one.
    pub fn word(&self) -> &str {
        self.noun.unwrap_or(&self.name)
    }

    /// Whether `name` means this class.
    pub fn is_called(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.trim())
            || self.noun.is_some() && self.noun == noun(name)
    }
}

/// Classes as they are met; the same class under two names is one.
#[derive(Debug, Default)]
pub(super) struct ClassList(Vec<Class>);

impl ClassList {
    /// Index of the class called `name`, which is added if it is new.
    pub(super) fn index_of(&mut self, name: &str) -> usize {
        self.0.iter().position(|class| class.is_called(name)).unwrap_or_else(|| {
            self.0.push(Class::new(name));
            self.0.len() - 1
        })
    }

    /// The classes in their final order, and for each old index its new one.
    pub(super) fn in_order(self) -> (Vec<Class>, Vec<usize>) {
        let mut order: Vec<usize> = (0..self.0.len()).collect();
        order.sort_by(|a, b| {
            let key = |i: usize| (rank(self.0[i].noun), self.0[i].name.to_lowercase());
            key(*a).cmp(&key(*b))
        });
        let mut new_index = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            new_index[*old] = new;
        }
        (order.into_iter().map(|old| self.0[old].clone()).collect(), new_index)
    }
}

/// How the classes of a data set and those of a model fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassMap {
    /// For each class of the data, the model's class.
    pub model_from_data: Vec<Option<usize>>,
    /// Classes of the data that the model does not know.
    pub unknown_to_model: Vec<String>,
    /// Classes of the model that the data do not have.
    pub absent_from_data: Vec<String>,
}

impl ClassMap {
    /// Compares by name first, then by noun.
    pub fn new(classes: &[Class], labels: &Labels) -> Self {
        let find = |class: &Class| {
            let names = labels.names();
            names
                .iter()
                .position(|name| class.name.eq_ignore_ascii_case(name))
                .or_else(|| names.iter().position(|name| class.is_called(name)))
        };
        let model_from_data: Vec<Option<usize>> = classes.iter().map(find).collect();
        let unknown_to_model = classes
            .iter()
            .zip(&model_from_data)
            .filter(|(_, known)| known.is_none())
            .map(|(class, _)| class.word().to_owned())
            .collect();
        let absent_from_data = (0..labels.len())
            .filter(|label| !model_from_data.contains(&Some(*label)))
            .map(|label| labels.name(label).to_owned())
            .collect();
        Self { model_from_data, unknown_to_model, absent_from_data }
    }
}

/// Names of splits that mean the same.
pub(super) const SPLITS: [&[&str]; 4] = [
    &["train", "training"],
    &["valid", "validation", "val", "dev", "publictest"],
    &["test", "testing"],
    &["privatetest"],
];

/// Whether two names mean the same split.
pub(super) fn same_split(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim().to_lowercase(), b.trim().to_lowercase());
    a == b || SPLITS.iter().any(|names| names.contains(&a.as_str()) && names.contains(&b.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_four_sets_mean_the_same_expressions() {
        for (name, wanted) in [
            ("Angry", "anger"),
            ("0_angry", "anger"),
            ("03-Sad", "sadness"),
            ("happy", "happiness"),
            ("SUPRISE", "surprise"),
            ("no_emotion", "neutral"),
            ("contempt", "contempt"),
        ] {
            assert_eq!(noun(name), Some(wanted), "{name}");
        }
        for name in ["bored", "3", "", "angry bird"] {
            assert_eq!(noun(name), None, "{name}");
        }
    }

    #[test]
    fn the_same_number_means_four_expressions() {
        let three = [Numbering::Fer2013, Numbering::CkPlus, Numbering::AffectNet, Numbering::RafDb]
            .map(|numbering| numbering.noun(3).unwrap());
        assert_eq!(three, ["happiness", "disgust", "surprise", "disgust"]);
        assert_eq!(Numbering::RafDb.noun(0), None);
        assert_eq!(Numbering::Fer2013.noun(7), None);
        assert_eq!(Numbering::resolve(Some(Numbering::Names), "7"), "7");
    }

    #[test]
    fn classes_are_merged_by_meaning_and_ordered() {
        let mut list = ClassList::default();
        let indices = ["yawn", "angry", "Anger", "neutral", "bored"].map(|n| list.index_of(n));
        assert_eq!(indices, [0, 1, 1, 2, 3]);
        let (classes, new_index) = list.in_order();
        let words: Vec<_> = classes.iter().map(Class::word).collect();
        assert_eq!(words, ["neutral", "anger", "bored", "yawn"]);
        assert_eq!(new_index, [3, 1, 0, 2]);
    }

    #[test]
    fn what_only_one_side_knows_is_said() {
        let mut list = ClassList::default();
        for name in ["happy", "contempt", "yawn"] {
            list.index_of(name);
        }
        let (classes, _) = list.in_order();
        let map = ClassMap::new(&classes, &Labels::new(["Angry", "joy", "yawn"]));
        assert_eq!(map.model_from_data, [Some(1), None, Some(2)]);
        assert_eq!(map.unknown_to_model, ["contempt"]);
        assert_eq!(map.absent_from_data, ["Angry"]);
    }

    #[test]
    fn a_models_own_spelling_comes_before_its_meaning() {
        let (classes, _) = {
            let mut list = ClassList::default();
            list.index_of("happy");
            list.in_order()
        };
        let map = ClassMap::new(&classes, &Labels::new(["joy", "happy"]));
        assert_eq!(map.model_from_data, [Some(1)]);
    }
}
