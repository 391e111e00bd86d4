//! What the window does about baselines: guides through the ten seconds, keeps what they gave, and
//! has the chosen one applied.

use super::actions::{Action, BaselineAction, Surroundings, View, Workers};
use super::baseline_store::Calibration;
use super::store::Tone;
use super::window::Window;
use crate::settings::{BaselineSettings, Settings};

impl<W: Workers, S: Surroundings> Window<W, S> {
    /// Part of [`Self::logic`].
    pub(super) fn follow_baseline(&mut self) {
        if !std::mem::replace(&mut self.store.baseline.looked, true) {
            self.surroundings.look_at_baselines();
        }
        let (now, recording) = (self.store.now(), self.store.is_recording());
        let store = &mut self.store.baseline;
        if self.view != View::Calibrate {
            store.calibration = Calibration::Idle;
        } else if recording && store.is_busy() {
            let words =
                "A recording has begun, and keeps the baseline it began with. Stop it first.";
            store.calibration = Calibration::Refused(words.to_owned());
        }
        store.tick(now, || jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        self.apply_baseline(recording);
    }

    /// A recording keeps the baseline it began with.
    fn apply_baseline(&mut self, recording: bool) {
        let wanted = self.store.baseline.wanted(&self.settings().baseline);
        if self.store.baseline.asked != wanted
            && !recording
            && self.workers.set_baseline(wanted.clone())
        {
            self.store.baseline.asked = wanted;
        }
    }

    pub(super) fn act_on_baseline(&mut self, action: BaselineAction) {
        let now = self.store.now();
        let baseline = &mut self.store.baseline;
        match action {
            BaselineAction::Begin(profile) => {
                // A frozen view would not show what is looked at.
                baseline.begin(profile, now);
                self.store.set_frozen(false);
            }
            BaselineAction::Discard => baseline.calibration = Calibration::Idle,
            BaselineAction::Keep => {
                let Some(found) = baseline.keep() else { return };
                let profile = found.profile.clone();
                self.surroundings.keep_baseline(found);
                let text = format!("Readings are corrected with the baseline “{profile}” now.");
                self.store.tell(Tone::News, text, None);
                self.choose_baseline(BaselineSettings { on: true, profile: Some(profile) });
                self.view = View::Live;
            }
            BaselineAction::AskToErase(profile) => baseline.asks_to_erase = profile,
            BaselineAction::Erase(profile) => {
                baseline.asks_to_erase = None;
                self.surroundings.erase_baseline(&profile);
                if self.settings().baseline.profile.as_ref() == Some(&profile) {
                    self.choose_baseline(BaselineSettings::default());
                }
            }
        }
    }

    fn choose_baseline(&mut self, baseline: BaselineSettings) {
        let settings = Settings { baseline, ..self.settings().clone() };
        self.keep(settings);
    }
}

impl From<BaselineAction> for Action {
    fn from(action: BaselineAction) -> Self {
        Self::Baseline(action)
    }
}
