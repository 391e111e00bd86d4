//! Markers that have a key.

use super::Settings;

impl Settings {
    /// Number keys that set markers.
    pub const MARKER_KEYS: usize = 9;

    /// What the number key `key`, from 1 on, writes into the session.
    pub fn marker(&self, key: u8) -> String {
        let name = self.marker_names.get(usize::from(key.saturating_sub(1)));
        match name.map(|name| name.trim()).filter(|name| !name.is_empty()) {
            Some(name) => name.to_owned(),
            None => format!("marker {key}"),
        }
    }
}
