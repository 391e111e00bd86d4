//! The companion: responds to the person because of what their face says, or stays silent.
//!
//! Three parts: the *user model* ([`UserModel`]: features of the person and of the interaction so
//! far), *intent understanding* ([`IntentModel`]), and the *optimisation strategy*
//! `strategy = g(W' x + b', W'' y + b'')` ([`policy`]), where `x` is the user's emotion and state
//! and `y` the interaction's context and intent. [`Companion`] puts them together; limits that no
//! policy gets past are in [`limits`].
//!
//! Pure like the rest of the core: no clock, no file, no thread; [`simulate`] alone works on many
//! cores. `docs/companion.md` describes all of it, and what it must not be used for.

mod chance;
mod companion;
mod context;
mod decision;
mod features;
mod feedback;
mod history;
mod intent;
pub mod limits;
mod log;
pub mod policy;
mod profile;
mod ranking;
mod reading;
mod reliability;
pub mod scenario;
pub mod simulate;
mod strategies;
mod user;
mod window;

#[cfg(test)]
mod tests;

pub use chance::Chance;
pub use companion::{Companion, Setup, UNHEARD_OF};
pub use context::{Context, Intent, Now, Scenario};
pub use decision::{Alternative, Decision, SILENT};
pub use features::{Features, X, X_NAMES, Y, Y_NAMES};
pub use feedback::{Answer, FeedbackError, ImplicitSignal};
pub use history::History;
pub use intent::{
    Around, IntentError, IntentFigures, IntentGuess, IntentModel, IntentRow, StoredIntentModel,
    builtin_rows, rows_from_csv,
};
pub use log::{Log, LogRow};
pub use profile::{Profile, ProfileError, RememberedAnswer};
pub use ranking::{Item, Ranked, Reactions};
pub use reading::{EXPRESSIONS, FaceSign, Reading, UserFace};
pub use reliability::Found;
pub use strategies::{
    Action, BUILTIN, Language, Limits, Message, Never, Strategies, Strategy, StrategyError,
};
pub use user::{Belief, Change, UserModel, Usual};
