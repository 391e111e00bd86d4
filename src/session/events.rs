//! What happens in a session beside the readings.

use std::time::Duration;

use jiff::Timestamp;

/// Something that happened while a session was recorded.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionEvent {
    /// Someone pressed the marker key.
    Marker {
        /// What they wrote; empty if nothing.
        label: String,
    },
    /// Someone wrote something down.
    Note {
        /// What.
        text: String,
    },
    /// For a while there are no rows though there should be. Its time is its start.
    Gap {
        /// How long.
        duration: Duration,
        /// Why, for people.
        reason: String,
    },
    /// The source gives no more frames.
    SourceLost {
        /// Why, for people.
        reason: String,
    },
    /// A source delivers again.
    SourceReturned {
        /// Which one, for people.
        source: String,
    },
    /// A video goes on with another scene; faces after it are other faces.
    Cut,
    /// The companion said something, as [`crate::interaction::Decision::event_text`] has it.
    Prompt {
        /// Which strategy, with which chance and propensity, and why.
        text: String,
    },
    /// The user answered the companion.
    Answer {
        /// Which prompt, and what was answered.
        text: String,
    },
    /// Options changed that influence the readings.
    SettingsChanged {
        /// The new ones, for people.
        settings: String,
    },
}

impl SessionEvent {
    /// Stands in the column `event`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Marker { .. } => "marker",
            Self::Note { .. } => "note",
            Self::Gap { .. } => "gap",
            Self::SourceLost { .. } => "source_lost",
            Self::SourceReturned { .. } => "source_returned",
            Self::Cut => "cut",
            Self::Prompt { .. } => "companion_prompt",
            Self::Answer { .. } => "companion_answer",
            Self::SettingsChanged { .. } => "settings_changed",
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Marker { label: text }
            | Self::Note { text }
            | Self::Gap { reason: text, .. }
            | Self::SourceLost { reason: text }
            | Self::SourceReturned { source: text }
            | Self::Prompt { text }
            | Self::Answer { text }
            | Self::SettingsChanged { settings: text } => text,
            Self::Cut => "",
        }
    }
}

/// One row of `events.csv`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EventRow {
    /// Since the session's time zero.
    pub time: Duration,
    /// Wall clock time; `None` for files.
    pub utc: Option<Timestamp>,
    /// [`SessionEvent::word`]; a word of a later version is kept as it is.
    pub event: String,
    /// For what takes a while.
    pub duration: Option<Duration>,
    /// What someone wrote, or the reason.
    pub text: String,
}

impl EventRow {
    /// The row of `event`.
    pub fn new(time: Duration, utc: Option<Timestamp>, event: &SessionEvent) -> Self {
        let duration = match event {
            SessionEvent::Gap { duration, .. } => Some(*duration),
            _ => None,
        };
        let (event, text) = (event.word().to_owned(), event.text().to_owned());
        Self { time, utc, event, duration, text }
    }

    /// The event, unless a later version wrote it.
    pub fn as_event(&self) -> Option<SessionEvent> {
        let text = self.text.clone();
        Some(match self.event.as_str() {
            "marker" => SessionEvent::Marker { label: text },
            "note" => SessionEvent::Note { text },
            "gap" => SessionEvent::Gap { duration: self.duration?, reason: text },
            "source_lost" => SessionEvent::SourceLost { reason: text },
            "source_returned" => SessionEvent::SourceReturned { source: text },
            "cut" => SessionEvent::Cut,
            "companion_prompt" => SessionEvent::Prompt { text },
            "companion_answer" => SessionEvent::Answer { text },
            "settings_changed" => SessionEvent::SettingsChanged { settings: text },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_comes_back_from_its_row() {
        let text = String::from("why");
        let events = [
            SessionEvent::Marker { label: text.clone() },
            SessionEvent::Note { text: text.clone() },
            SessionEvent::Gap { duration: Duration::from_secs(2), reason: text.clone() },
            SessionEvent::SourceLost { reason: text.clone() },
            SessionEvent::SourceReturned { source: text.clone() },
            SessionEvent::Cut,
            SessionEvent::Prompt { text: text.clone() },
            SessionEvent::Answer { text: text.clone() },
            SessionEvent::SettingsChanged { settings: text },
        ];
        for event in events {
            let row = EventRow::new(Duration::ZERO, None, &event);
            assert_eq!(row.as_event(), Some(event));
        }
        assert_eq!(EventRow { event: "future".into(), ..EventRow::default() }.as_event(), None);
    }
}
