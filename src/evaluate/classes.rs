//! Over which classes a model is measured.

use crate::dataset::Class;
use crate::dataset::labels::noun;
use crate::observation::{Labels, Posterior};

/// Which classes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ClassChoice {
    /// Those of the model. Pictures of other classes are left out.
    #[default]
    Model,
    /// The eight of FER+. A class that the model lacks has probability 0: its pictures count as
    /// missed, so that models with seven and with eight classes can be compared.
    Eight,
    /// The seven of FER2013. Pictures of contempt are left out; what a model gives to contempt is
    /// spread over the other seven in proportion.
    Seven,
    /// The seven of FER2013. Contempt counts as disgust, in labels and in answers.
    SevenMerged,
}

impl ClassChoice {
    /// As on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Eight => "8",
            Self::Seven => "7",
            Self::SevenMerged => "7-merged",
        }
    }
}

const EIGHT: [&str; 8] =
    ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"];
const CONTEMPT: &str = "contempt";
const DISGUST: &str = "disgust";

/// The classes that count, and where those of the data and of the model go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSpace {
    /// The classes that count.
    pub labels: Labels,
    /// For each class of the data; `None`: its pictures are left out.
    from_data: Vec<Option<usize>>,
    /// For each class of the model; `None`: its probability is spread over the others.
    from_model: Vec<Option<usize>>,
}

impl ClassSpace {
    /// Brings together the classes of the data and those of the model.
    pub fn new(choice: ClassChoice, data: &[Class], model: &Labels) -> Self {
        if choice == ClassChoice::Model {
            let map = crate::dataset::labels::ClassMap::new(data, model);
            return Self {
                labels: model.clone(),
                from_data: map.model_from_data,
                from_model: (0..model.len()).map(Some).collect(),
            };
        }
        let count = if choice == ClassChoice::Eight { 8 } else { 7 };
        let place = |noun: Option<&str>| {
            let noun = match noun {
                Some(CONTEMPT) if choice == ClassChoice::SevenMerged => Some(DISGUST),
                noun => noun,
            };
            EIGHT[..count].iter().position(|class| Some(*class) == noun)
        };
        Self {
            labels: Labels::new(EIGHT[..count].iter().copied()),
            from_data: data.iter().map(|class| place(class.noun)).collect(),
            from_model: model.names().iter().map(|name| place(noun(name))).collect(),
        }
    }

    /// Where class `class` of the data goes.
    pub fn of_data(&self, class: usize) -> Option<usize> {
        self.from_data.get(class).copied().flatten()
    }

    /// Classes of the data whose pictures are left out.
    pub fn left_out<'a>(&'a self, data: &'a [Class]) -> impl Iterator<Item = &'a Class> {
        let is_left_out = |(_, place): &(&Class, &Option<usize>)| place.is_none();
        data.iter().zip(&self.from_data).filter(is_left_out).map(|(class, _)| class)
    }

    /// Classes that count and that the model can't answer.
    pub fn unknown_to_model(&self) -> Vec<&str> {
        self.named_in_none(&self.from_model)
    }

    /// Classes that count and that the data do not have.
    pub fn absent_from_data(&self) -> Vec<&str> {
        self.named_in_none(&self.from_data)
    }

    fn named_in_none(&self, places: &[Option<usize>]) -> Vec<&str> {
        let is_missing = |class: &usize| !places.contains(&Some(*class));
        (0..self.labels.len()).filter(is_missing).map(|class| self.labels.name(class)).collect()
    }

    /// A posterior of the model over the classes that count. If the model gives all of its
    /// probability to classes that do not, nothing is known: all are equal.
    pub fn posterior(&self, of_model: &Posterior) -> Posterior {
        let mut weights = vec![0.0; self.labels.len()];
        for (place, p) in self.from_model.iter().zip(of_model.as_slice()) {
            if let Some(class) = place {
                weights[*class] += p;
            }
        }
        let equal = vec![1.0; weights.len()];
        Posterior::normalised(weights)
            .or_else(|| Posterior::normalised(equal))
            .unwrap_or_else(|| of_model.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(names: &[&str]) -> Vec<Class> {
        names.iter().map(|name| Class { name: (*name).to_owned(), noun: noun(name) }).collect()
    }

    fn posterior(p: &[f32]) -> Posterior {
        Posterior::normalised(p.to_vec()).unwrap()
    }

    #[test]
    fn the_models_own_classes_in_its_own_order() {
        let model = Labels::new(["angry", "happy", "yawn"]);
        let data = data(&["happiness", "contempt", "yawn"]);
        let space = ClassSpace::new(ClassChoice::Model, &data, &model);
        assert_eq!([0, 1, 2].map(|class| space.of_data(class)), [Some(1), None, Some(2)]);
        let left_out: Vec<_> = space.left_out(&data).map(Class::word).collect();
        assert_eq!(left_out, ["contempt"]);
        assert_eq!(space.absent_from_data(), ["angry"]);
        let p = posterior(&[0.2, 0.3, 0.5]);
        assert_eq!(space.posterior(&p), p);
    }

    #[test]
    fn seven_leave_contempt_out_and_spread_its_probability() {
        let model = Labels::new(EIGHT);
        let data = data(&["anger", "contempt"]);
        let space = ClassSpace::new(ClassChoice::Seven, &data, &model);
        assert_eq!((space.of_data(0), space.of_data(1)), (Some(4), None));
        let p = space.posterior(&posterior(&[0.3, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.4]));
        assert_eq!(p.as_slice().len(), 7);
        assert!((p.as_slice()[0] - 0.5).abs() < 1e-6 && (p.as_slice()[4] - 0.5).abs() < 1e-6);
        let sure = space.posterior(&posterior(&[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]));
        assert!((sure.as_slice()[3] - 1.0 / 7.0).abs() < 1e-6, "nothing is known");
    }

    #[test]
    fn seven_by_merging_count_contempt_as_disgust() {
        let model = Labels::new(EIGHT);
        let data = data(&["contempt"]);
        let space = ClassSpace::new(ClassChoice::SevenMerged, &data, &model);
        assert_eq!(space.of_data(0), Some(5));
        let p = space.posterior(&posterior(&[0.5, 0.0, 0.0, 0.0, 0.0, 0.2, 0.0, 0.3]));
        assert!((p.as_slice()[5] - 0.5).abs() < 1e-6);
    }

    #[test]
    fn eight_are_asked_of_a_model_of_seven_too() {
        let model =
            Labels::new(["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]);
        let data = data(&["contempt", "happy"]);
        let space = ClassSpace::new(ClassChoice::Eight, &data, &model);
        assert_eq!(space.unknown_to_model(), ["contempt"]);
        assert_eq!(space.of_data(0), Some(7));
        let p = space.posterior(&posterior(&[0.1, 0.0, 0.0, 0.9, 0.0, 0.0, 0.0]));
        assert!((p.as_slice()[1] - 0.9).abs() < 1e-6);
        assert_eq!(p.as_slice()[7], 0.0);
    }
}
