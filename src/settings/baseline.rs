//! What the user chose about the personal baseline.

use serde::{Deserialize, Serialize};

use crate::baseline::is_name;

/// Whose baseline is applied live.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct BaselineSettings {
    /// Whether it is applied.
    pub on: bool,
    /// Name of the profile; `None`: none was made or chosen yet.
    pub profile: Option<String>,
}

impl BaselineSettings {
    pub(super) fn sanitised(mut self) -> Self {
        self.profile = self.profile.filter(|name| is_name(name));
        self.on &= self.profile.is_some();
        self
    }
}
