//! Carries out what is asked for on the page of teaching.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::actions::{Surroundings, TeachAction, Workers};
use super::classroom::Course;
use super::store::{SourceState, Tone};
use super::window::Window;
use crate::runtime::teaching::TeachCommand;
use crate::teach::TaughtModel;

impl<W: Workers, S: Surroundings> Window<W, S> {
    pub(super) fn act_on_teaching(&mut self, action: TeachAction) {
        let room = &mut self.store.classroom;
        match action {
            TeachAction::Add(name) => room.add(&name),
            TeachAction::Rename(class, name) => room.rename(class, &name),
            TeachAction::Remove(class) => {
                room.remove(class);
                if room.collecting.is_none() {
                    self.workers.teach(TeachCommand::StopCollecting);
                }
            }
            TeachAction::Collect(class) => self.collect(class),
            TeachAction::StopCollecting => self.stop_collecting(),
            TeachAction::Undo => {
                self.stop_collecting();
                self.store.classroom.undo();
            }
            TeachAction::Train => {
                self.stop_collecting();
                let room = &mut self.store.classroom;
                if room.missing().is_none() && !matches!(room.course, Course::Running(_)) {
                    let (lesson, name) = (room.lesson(), room.model_name());
                    room.begin_course();
                    self.workers.teach(TeachCommand::Learn { lesson, name });
                }
            }
            TeachAction::StopTraining => self.workers.teach(TeachCommand::Cancel),
            TeachAction::UseTaught => {
                if let Some(model) = room.learned().cloned() {
                    self.use_model(Some(model));
                }
            }
            TeachAction::UseOriginal => self.use_model(None),
            TeachAction::Save(folder) => {
                if let Some(model) = room.learned().cloned() {
                    self.workers.teach(TeachCommand::Save { model, folder });
                }
            }
        }
    }

    fn collect(&mut self, class: u32) {
        // The newest reading, not a frozen one: that is where examples come from.
        self.store.set_frozen(false);
        let running = matches!(self.store.source, SourceState::Running(_));
        let chosen = self.store.readout().chosen_now().filter(|_| running);
        let Some(track) = chosen.map(|reading| reading.track) else {
            let text = "There is no face to collect. Look into the camera, then collect.";
            self.store.tell(Tone::News, text, None);
            return;
        };
        let take = self.store.classroom.begin_take(class, track);
        self.workers.teach(TeachCommand::Collect(take, track));
    }

    pub(super) fn stop_collecting(&mut self) {
        if self.store.classroom.collecting.take().is_some() {
            self.workers.teach(TeachCommand::StopCollecting);
        }
    }

    /// The face that is collected may have been lost and found under another number, or the user
    /// may look at another one: the take follows the face that is looked at.
    pub(super) fn follow_chosen_face(&mut self) {
        let Some(collecting) = self.store.classroom.collecting else { return };
        let chosen = self.store.readout().chosen_now().map(|reading| reading.track);
        if let Some(track) = chosen.filter(|track| *track != collecting.track) {
            self.store.classroom.collecting =
                Some(super::classroom::Collecting { track, ..collecting });
            self.workers.teach(TeachCommand::Collect(collecting.take, track));
        }
    }

    fn use_model(&mut self, model: Option<Arc<TaughtModel>>) {
        self.store.classroom.ask_to_use(model.clone());
        self.workers.teach(TeachCommand::Use(model));
    }
}

/// Where a model called `name` is saved unless the user says otherwise: beside the sessions.
pub fn model_folder(sessions_dir: &Path, name: &str) -> PathBuf {
    sessions_dir.parent().unwrap_or(sessions_dir).join("Mien models").join(name)
}
