//! Carries out what is asked about the emotion model.

use std::path::PathBuf;

use super::actions::{Surroundings, Workers};
use super::model_store::{MOST_MODELS, ModelPlace};
use super::window::Window;
use crate::runtime::teaching::TeachCommand;

impl<W: Workers, S: Surroundings> Window<W, S> {
    /// The model of the start.
    pub fn read_with(&mut self, place: ModelPlace) {
        if let Some(folder) = &place
            && !self.settings().model_dirs.contains(folder)
        {
            self.settings_mut().model_dirs.insert(0, folder.clone());
        }
        self.store.model_choice.in_use = place;
    }

    /// Loads another model; the one at work goes on until it is there.
    pub(super) fn use_model_in(&mut self, place: ModelPlace) {
        self.stop_collecting();
        if let Some(folder) = &place {
            let dirs = &mut self.settings_mut().model_dirs;
            if !dirs.contains(folder) {
                dirs.insert(0, folder.clone());
                dirs.truncate(MOST_MODELS);
            }
            self.look_at_models();
        }
        self.store.model_choice.ask(place.clone());
        self.workers.teach(TeachCommand::Load(place));
    }

    /// Reads the cards again: a folder may have changed.
    pub(super) fn look_at_models(&mut self) {
        let folders = self.settings().model_dirs.clone();
        self.surroundings.look_at_models(folders);
    }

    /// Keeps what was chosen once it reads.
    pub(super) fn follow_model(&mut self) {
        let asked = self.store.model_choice.asked().cloned();
        if let (Some(place), None) = (self.model_asked.take(), &asked)
            && self.store.model_choice.in_use == place
        {
            self.settings_mut().model_dir = place;
            let settings = self.settings().clone();
            self.keep(settings);
        }
        self.model_asked = asked;
    }

    /// A folder was chosen in the dialog.
    pub(super) fn model_chosen(&mut self, paths: Vec<PathBuf>) {
        if let Some(folder) = paths.into_iter().next() {
            self.use_model_in(Some(folder));
        }
    }
}
