//! Looks into a session folder.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::time::UNIX_EPOCH;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::{Entry, Origin, State, Strip};
use crate::session::reader::Session;
use crate::session::recovery::part_path;
use crate::session::signal::Shown;
use crate::session::vault::{self, sealed_path};
use crate::session::{EVENTS, OBSERVATIONS, RECORD, SCHEMA_VERSION, SessionRecord, Signal};
use crate::stats::Holds;

/// How the folder of a recording begins, see [`crate::session::recorder::folder_name`].
const DATE: &str = "%Y-%m-%d_%H-%M-%S";
const DATE_LEN: usize = "2026-11-24_14-05-33".len();

/// Sizes and times of the files of a session: as long as they stay the same, so does the entry.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint(Vec<(u64, u128)>);

impl Fingerprint {
    /// Of the folder as it is now. What is not there is 0.
    pub fn of(folder: &Path) -> Self {
        let facts = |path: &Path| {
            let file = fs::metadata(path).ok()?;
            let modified = file.modified().ok().and_then(|m| m.duration_since(UNIX_EPOCH).ok());
            Some((file.len(), modified.map_or(0, |since| since.as_nanos())))
        };
        let tables = [OBSERVATIONS, EVENTS, RECORD].map(|name| folder.join(name));
        let [observations, events, record] = &tables;
        let files = [observations, &part_path(folder, OBSERVATIONS), events, record];
        let plain = files.map(|path| facts(path).unwrap_or_default());
        // Only of locked ones, so that what is known of the others stays known.
        let sealed = [OBSERVATIONS, EVENTS, RECORD].map(|name| facts(&sealed_path(folder, name)));
        let locked = sealed.iter().any(Option::is_some);
        let sealed = sealed.into_iter().filter(|_| locked).map(Option::unwrap_or_default);
        Self(plain.into_iter().chain(sealed).collect())
    }

    /// When the table of readings was written last; `None` if there is none.
    pub fn written(&self) -> Option<Timestamp> {
        let (_, nanos) = self.0.iter().take(2).max_by_key(|(_, nanos)| *nanos)?;
        let nanos = i128::try_from(*nanos).ok().filter(|nanos| *nanos > 0)?;
        Timestamp::from_nanosecond(nanos).ok()
    }

    /// Of the tables.
    pub fn bytes(&self) -> u64 {
        self.0.iter().map(|(bytes, _)| bytes).sum()
    }
}

/// Reads a session as far as it is sound; of a locked one only what its folder says.
pub fn look(folder: &Path, fingerprint: &Fingerprint) -> Entry {
    if vault::is_locked(folder) {
        let folder_name = folder_name(folder);
        let start = start_in(&folder_name);
        return Entry {
            start,
            folder_name,
            bytes: fingerprint.bytes(),
            origin: if start.is_some() { Origin::Recorded } else { Origin::File },
            state: State::Locked { partly: vault::is_partly_locked(folder) },
            ..Entry::default()
        };
    }
    match Session::open(folder) {
        Ok(session) => look_into(&session, fingerprint),
        Err(error) => damaged(folder, fingerprint, error.to_string()),
    }
}

/// The same of a session that was opened.
pub fn look_into(session: &Session, fingerprint: &Fingerprint) -> Entry {
    match Signal::read(session) {
        Ok(signal) => look_at(session, &signal, &Holds::of(&signal), fingerprint),
        Err(error) => {
            let entry = damaged(session.folder(), fingerprint, error.to_string());
            with_record(entry, session.record())
        }
    }
}

fn damaged(folder: &Path, fingerprint: &Fingerprint, reason: String) -> Entry {
    Entry {
        folder_name: folder_name(folder),
        written: fingerprint.written(),
        bytes: fingerprint.bytes(),
        state: State::Damaged { reason },
        ..Entry::default()
    }
}

/// The same of a session whose rows are read already.
pub fn look_at(
    session: &Session,
    signal: &Signal,
    holds: &Holds,
    fingerprint: &Fingerprint,
) -> Entry {
    let record = session.record();
    let duration_secs = record.duration_secs.max(holds.end().as_secs_f64());
    // To the microsecond, as all times of a session, so that the index gives back the same number.
    let duration_secs = (duration_secs * 1e6).round() / 1e6;
    let entry = Entry {
        folder_name: folder_name(session.folder()),
        written: fingerprint.written(),
        duration_secs,
        rows: signal.samples().len() as u64,
        bytes: fingerprint.bytes(),
        faces: signal.faces_at_once(),
        face_numbers: signal.faces().len(),
        markers: signal.events().iter().filter(|event| event.event == "marker").count(),
        words: signal.words().to_vec(),
        dominant: dominant(signal, holds),
        state: state(session, signal),
        strip: Strip::of(signal, holds, duration_secs),
        ..Entry::default()
    };
    with_record(entry, record)
}

fn folder_name(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The moment that the name of a recording says, in the time of this computer.
fn start_in(folder_name: &str) -> Option<Timestamp> {
    let date = folder_name.get(..DATE_LEN)?;
    let at = DateTime::strptime(DATE, date).ok()?;
    Some(at.to_zoned(TimeZone::system()).ok()?.timestamp())
}

fn with_record(entry: Entry, record: &SessionRecord) -> Entry {
    let file = record.file.as_ref();
    let name = match record.meta.name.trim() {
        "" => file.map_or("", |file| file.name.as_str()),
        name => name,
    };
    Entry {
        name: name.to_owned(),
        tags: record.meta.tags.clone(),
        participant: record.meta.participant.clone(),
        note: record.meta.note.clone(),
        start: record.start(),
        origin: match record.source.spec.as_str() {
            crate::import::SPEC => Origin::Imported,
            _ if file.is_some() => Origin::File,
            _ => Origin::Recorded,
        },
        ..entry
    }
}

/// What of a session can't be used or is not there, in words; empty if all of it is sound.
pub fn problems(session: &Session, signal: &Signal) -> Vec<String> {
    let record = session.record();
    let mut words: Vec<String> = session.record_problem().map(str::to_owned).into_iter().collect();
    if record.schema_version > SCHEMA_VERSION {
        words.push(format!(
            "written by a later version of Mien (schema {}); what is known here was read",
            record.schema_version
        ));
    }
    words.extend(signal.problems().words.iter().cloned());
    let found = signal.samples().len() as u64;
    match missing_rows(session, signal) {
        0 if record.complete && found > record.rows => {
            words.push(format!("{found} rows where {} were written", record.rows));
        }
        0 => {}
        missing => {
            words.push(format!("{missing} of the {} rows that were written are gone", record.rows));
        }
    }
    words
}

/// Rows that were written and of which the table shows no trace, as where it was cut between two.
pub fn missing_rows(session: &Session, signal: &Signal) -> u64 {
    let record = session.record();
    let known = record.complete || record.recovered || record.failure.is_some();
    let there = signal.samples().len() as u64 + signal.problems().rows;
    if known && !session.is_unfinished() { record.rows.saturating_sub(there) } else { 0 }
}

/// The class that was shown longest.
fn dominant(signal: &Signal, holds: &Holds) -> Option<usize> {
    let mut secs = vec![0.0; signal.words().len()];
    for (sample, hold) in signal.samples().iter().zip(holds.secs()) {
        if let Some(Shown::Class(class)) = sample.face.map(|face| face.shown)
            && let Some(secs) = secs.get_mut(usize::from(class))
        {
            *secs += hold;
        }
    }
    let longest = secs.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    (*longest.1 > 0.0).then_some(longest.0)
}

fn state(session: &Session, signal: &Signal) -> State {
    let record = session.record();
    if session.is_unfinished() {
        return if is_being_written(session.folder()) {
            State::Recording
        } else {
            State::Unfinished
        };
    }
    if let Some(first) = problems(session, signal).into_iter().next() {
        let lost = signal.problems().rows + signal.problems().events;
        let reason = if lost > 1 { format!("{lost} rows left out; {first}") } else { first };
        return State::Damaged { reason };
    }
    if record.recovered {
        let missing_secs = record.gaps.iter().map(|gap| gap.end_secs - gap.start_secs).sum();
        return State::Recovered { missing_secs };
    }
    match &record.failure {
        Some(reason) => State::Stopped { reason: reason.clone() },
        None if record.complete => State::Complete,
        None => State::Stopped { reason: "session.json does not say how it ended".into() },
    }
}

/// Whoever writes a session holds a lock.
pub fn is_being_written(folder: &Path) -> bool {
    let Ok(file) = File::open(part_path(folder, OBSERVATIONS)) else { return false };
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => true,
        Ok(()) => {
            // A child that is just being started may hold a copy of the handle.
            let _ = file.unlock();
            false
        }
        Err(TryLockError::Error(_)) => false,
    }
}
