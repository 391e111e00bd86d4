//! What the user chose, kept between starts.
//!
//! A settings file outlives versions and is edited by hand: a missing value has its default, a
//! wrong one too and it alone, an unknown one is ignored, and what remains is brought into range.

mod baseline;
mod companion;
mod markers;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use directories::{ProjectDirs, UserDirs};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use toml::{Table, Value};

use crate::baseline::Baselines;
use crate::pipeline::PipelineOptions;
use crate::session::write_atomically;
use crate::source::SourceSpec;

pub use baseline::BaselineSettings;
pub use companion::CompanionSettings;

/// What the user chose. The participant code is not among it: it belongs to one session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Dark or light.
    pub theme: Theme,
    /// Factor on all text sizes, [`Self::TEXT_SCALES`].
    pub text_scale: f32,
    /// Where frames come from at the next start.
    #[serde(serialize_with = "source_to_text", deserialize_with = "source_from_text")]
    pub source: SourceSpec,
    /// Show cameras as a mirror would.
    pub mirror: bool,
    /// Draw boxes and labels on the picture.
    pub overlays: bool,
    /// Do without movement that only pleases.
    pub reduced_motion: ReducedMotion,
    /// Version of the welcome text that was read; 0: none.
    pub welcome_seen: u32,
    /// Where sessions go; `None`: [`Folders::sessions`].
    pub sessions_dir: Option<PathBuf>,
    /// Folder of the emotion model; `None`: the built-in one.
    pub model_dir: Option<PathBuf>,
    /// Folders of models that were chosen before.
    pub model_dirs: Vec<PathBuf>,
    /// Files and folders that were opened last, the newest first.
    pub recent_files: Vec<PathBuf>,
    /// Files and folders whose analysis the end of the window interrupted.
    pub unfinished_files: Vec<PathBuf>,
    /// Sessions are due to be erased so many days after their end; `None`: never. The window says
    /// which, and erases none.
    pub erase_after_days: Option<u32>,
    /// What the number keys from 1 on write into the session; empty: the number.
    pub marker_names: Vec<String>,
    /// Lock recordings of the window when they end, with a passphrase that it asks for.
    pub encrypt_new_sessions: bool,
    /// Tuning of the core.
    pub pipeline: PipelineOptions,
    /// The personal baseline.
    pub baseline: BaselineSettings,
    /// The companion.
    pub companion: CompanionSettings,
}

/// Dark or light.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// As the desktop is.
    #[default]
    System,
    /// Dark.
    Dark,
    /// Light.
    Light,
}

/// Whether to do without movement that only pleases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReducedMotion {
    /// As the desktop says, where it says so.
    #[default]
    System,
    /// Do without.
    On,
    /// Keep it.
    Off,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            theme: Theme::default(),
            text_scale: 1.0,
            source: SourceSpec::Camera { number: None, size: None },
            mirror: true,
            overlays: true,
            reduced_motion: ReducedMotion::default(),
            welcome_seen: 0,
            sessions_dir: None,
            model_dir: None,
            model_dirs: Vec::new(),
            recent_files: Vec::new(),
            unfinished_files: Vec::new(),
            erase_after_days: None,
            marker_names: Vec::new(),
            encrypt_new_sessions: false,
            pipeline: PipelineOptions::default(),
            baseline: BaselineSettings::default(),
            companion: CompanionSettings::default(),
        }
    }
}

impl Settings {
    /// Below, text can't be read; above, the window no longer holds it.
    pub const TEXT_SCALES: (f32, f32) = (0.8, 2.0);
    /// Range of [`PipelineOptions::smoothing_secs`]: a longer lag is no live reading.
    pub const SMOOTHING_SECS: (f32, f32) = (0.0, 5.0);
    /// Range of [`PipelineOptions::search_every_secs`]: faces that appear are found within it.
    pub const SEARCH_EVERY_SECS: (f32, f32) = (0.0, 1.0);
    /// Files that are remembered of each kind.
    pub const MOST_FILES: usize = 100;
    /// Range of [`Settings::erase_after_days`].
    pub const ERASE_AFTER_DAYS: std::ops::RangeInclusive<u32> = 1..=36_500;
    /// Range of [`PipelineOptions::max_faces`].
    pub const MAX_FACES: (usize, usize) = (1, 16);

    /// Reads TOML; what can't be used is left out, and the second value names it.
    ///
    /// # Errors
    /// The words of the parser if it is not TOML.
    pub fn from_toml(text: &str) -> Result<(Self, Vec<String>), toml::de::Error> {
        let wanted: Table = text.parse()?;
        let defaults = Self::default();
        let mut accepted = Table::try_from(&defaults).unwrap_or_default();
        let mut refused = Vec::new();
        accept_each(&mut accepted, &mut Vec::new(), wanted, &mut refused);
        let settings: Self = accepted.try_into().unwrap_or(defaults);
        Ok((settings.sanitised(), refused))
    }

    /// As TOML, with a word to those who open it.
    pub fn to_toml(&self) -> String {
        const HEAD: &str = "# Settings of Mien. What is missing or wrong here has its default.\n\n";
        // A path that is not UTF-8 can't be said in TOML: better without than not at all.
        let said = |paths: &[PathBuf]| -> Vec<PathBuf> {
            paths.iter().filter(|path| path.to_str().is_some()).cloned().collect()
        };
        let text = toml::to_string(&Self {
            sessions_dir: self.sessions_dir.clone().filter(|dir| dir.to_str().is_some()),
            model_dir: self.model_dir.clone().filter(|dir| dir.to_str().is_some()),
            model_dirs: said(&self.model_dirs),
            companion: self.companion.said(),
            recent_files: said(&self.recent_files),
            unfinished_files: said(&self.unfinished_files),
            ..self.clone()
        });
        format!("{HEAD}{}", text.unwrap_or_default())
    }

    /// Brings all values into range.
    #[must_use]
    pub fn sanitised(mut self) -> Self {
        let defaults = Self::default();
        let PipelineOptions { max_faces, smoothing_secs, unsure_below, search_every_secs } =
            &mut self.pipeline;
        *max_faces = (*max_faces).clamp(Self::MAX_FACES.0, Self::MAX_FACES.1);
        *smoothing_secs =
            within(*smoothing_secs, Self::SMOOTHING_SECS, defaults.pipeline.smoothing_secs);
        *unsure_below = within(*unsure_below, (0.0, 1.0), defaults.pipeline.unsure_below);
        *search_every_secs = within(
            *search_every_secs,
            Self::SEARCH_EVERY_SECS,
            defaults.pipeline.search_every_secs,
        );
        self.baseline = self.baseline.sanitised();
        self.companion = self.companion.sanitised();
        self.text_scale = within(self.text_scale, Self::TEXT_SCALES, defaults.text_scale);
        self.erase_after_days =
            self.erase_after_days.filter(|days| Self::ERASE_AFTER_DAYS.contains(days));
        self.marker_names.truncate(Self::MARKER_KEYS);
        self.sessions_dir = self.sessions_dir.filter(|dir| dir.is_absolute());
        self.model_dir = self.model_dir.filter(|dir| dir.is_absolute());
        let lists = [&mut self.recent_files, &mut self.unfinished_files, &mut self.model_dirs];
        for paths in lists {
            paths.retain(|path| path.is_absolute());
            paths.truncate(Self::MOST_FILES);
        }
        self
    }
}

/// `number` brought into a range; `default` if it is none.
fn within(number: f32, (low, high): (f32, f32), default: f32) -> f32 {
    if number.is_nan() { default } else { number.clamp(low, high) }
}

/// Puts the values of `wanted` into `accepted` one by one and keeps each that makes sense there.
/// `path` leads to the table that `wanted` is.
fn accept_each(
    accepted: &mut Table,
    path: &mut Vec<String>,
    wanted: Table,
    refused: &mut Vec<String>,
) {
    for (key, value) in wanted {
        path.push(key);
        match value {
            Value::Table(inner) => accept_each(accepted, path, inner, refused),
            value => {
                let mut candidate = accepted.clone();
                let sound = put(&mut candidate, path, value)
                    && candidate.clone().try_into::<Settings>().is_ok();
                if sound {
                    *accepted = candidate;
                } else {
                    refused.push(path.join("."));
                }
            }
        }
        path.pop();
    }
}

/// False if the path leads through something that is no table.
fn put(table: &mut Table, path: &[String], value: Value) -> bool {
    match path {
        [] => false,
        [key] => {
            table.insert(key.clone(), value);
            true
        }
        [key, rest @ ..] => {
            let inner = table.entry(key.clone()).or_insert_with(|| Value::Table(Table::new()));
            inner.as_table_mut().is_some_and(|inner| put(inner, rest, value))
        }
    }
}

fn source_to_text<S: Serializer>(source: &SourceSpec, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(source)
}

fn source_from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SourceSpec, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
}

/// Where settings and sessions are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// Settings.
    pub config: PathBuf,
    /// What is no setting and no session, such as logs.
    pub data: PathBuf,
    /// Sessions, unless the user chose another folder.
    pub sessions: PathBuf,
    /// What lasts as long as the user is logged in.
    pub run: PathBuf,
}

impl Folders {
    /// Those of this user and system, or those that the environment names: `MIEN_CONFIG_DIR` and
    /// `MIEN_DATA_DIR`, for portable use and for tests.
    ///
    /// # Errors
    /// [`SettingsError::NoHome`] if the user has no home and the environment does not help.
    pub fn locate() -> Result<Self, SettingsError> {
        Self::locate_with(|name| env::var_os(name), &SystemFolders::find())
    }

    fn locate_with(
        variable: impl Fn(&str) -> Option<OsString>,
        system: &SystemFolders,
    ) -> Result<Self, SettingsError> {
        let named = |name| {
            let value = variable(name).filter(|value| !value.is_empty())?;
            // A relative one must not change its meaning when the working folder does.
            std::path::absolute(value).ok()
        };
        let portable_data = named("MIEN_DATA_DIR");
        let config = named("MIEN_CONFIG_DIR").or_else(|| system.config.clone());
        let data = portable_data.clone().or_else(|| system.data.clone());
        let (Some(config), Some(data)) = (config, data) else {
            return Err(SettingsError::NoHome);
        };
        let sessions = match (&portable_data, &system.documents) {
            (None, Some(documents)) => documents.join("Mien"),
            _ => data.join("sessions"),
        };
        let run = match (&portable_data, named("XDG_RUNTIME_DIR").filter(|dir| dir.is_dir())) {
            (None, Some(run)) => run,
            _ => data.clone(),
        };
        Ok(Self { config, data, sessions, run })
    }

    /// Where the window keeps sessions: the folder that the user chose, or the usual one.
    pub fn sessions_in_use(&self) -> PathBuf {
        let (settings, _) = self.settings_file().load();
        settings.sessions_dir.unwrap_or_else(|| self.sessions.clone())
    }

    /// Where markers of other programs come in, see [`crate::runtime::marks`].
    pub fn mark_socket(&self) -> PathBuf {
        self.run.join("mien.sock")
    }

    /// What the companion remembers of the person.
    pub fn companion_profile(&self) -> PathBuf {
        self.data.join("companion.toml")
    }

    /// How faces read at rest, one file a profile.
    pub fn baselines(&self) -> Baselines {
        Baselines::at(self.data.join("baselines"))
    }

    /// The settings file.
    pub fn settings_file(&self) -> SettingsFile {
        SettingsFile::at(self.config.join("settings.toml"))
    }
}

/// Where this user's system wants things to be.
#[derive(Debug, Default)]
struct SystemFolders {
    config: Option<PathBuf>,
    data: Option<PathBuf>,
    documents: Option<PathBuf>,
}

impl SystemFolders {
    fn find() -> Self {
        let project = ProjectDirs::from("", "", "Mien");
        Self {
            config: project.as_ref().map(|dirs| dirs.config_dir().to_owned()),
            data: project.as_ref().map(|dirs| dirs.data_local_dir().to_owned()),
            documents: UserDirs::new().and_then(|dirs| dirs.document_dir().map(Path::to_owned)),
        }
    }
}

/// The file that holds [`Settings`].
#[derive(Debug, Clone)]
pub struct SettingsFile {
    path: PathBuf,
    saved: Option<Settings>,
    told: Option<SettingsError>,
}

impl SettingsFile {
    /// The file at `path`, which need not exist.
    pub fn at(path: PathBuf) -> Self {
        Self { path, saved: None, told: None }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads the settings. What can't be used has its default, and the second value says so, to
    /// be told once. A file that is not TOML at all is copied to `settings.toml.damaged` first,
    /// as the next [`Self::save`] replaces it.
    pub fn load(&mut self) -> (Settings, Option<SettingsError>) {
        let path = self.path.clone();
        let text = match fs::read(&path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return (Settings::default(), None);
            }
            Err(error) => {
                let reason = error.to_string();
                return (Settings::default(), Some(SettingsError::Unreadable { path, reason }));
            }
        };
        match Settings::from_toml(&text) {
            Ok((settings, refused)) if refused.is_empty() => {
                self.saved = Some(settings.clone());
                (settings, None)
            }
            Ok((settings, refused)) => {
                (settings, Some(SettingsError::WrongValues { path, names: refused }))
            }
            Err(error) => {
                let mut aside = path.clone().into_os_string();
                aside.push(".damaged");
                // A courtesy to whoever edited it; nothing depends on it.
                let _ = fs::copy(&path, aside);
                let reason = error.message().to_owned();
                (Settings::default(), Some(SettingsError::NotToml { path, reason }))
            }
        }
    }

    /// Writes the settings if they differ from those in the file; a crash leaves the old ones or
    /// the new ones.
    ///
    /// # Errors
    /// The system refuses. To go on without is fine.
    pub fn save(&mut self, settings: &Settings) -> Result<(), SettingsError> {
        if self.saved.as_ref() == Some(settings) {
            return Ok(());
        }
        let written = self
            .path
            .parent()
            .map_or(Ok(()), fs::create_dir_all)
            .and_then(|()| write_atomically(&self.path, settings.to_toml().as_bytes()));
        written.map_err(|error| SettingsError::Unwritable {
            path: self.path.clone(),
            reason: error.to_string(),
        })?;
        self.saved = Some(settings.clone());
        self.told = None;
        Ok(())
    }

    /// Like [`Self::save`], for a window that saves often: the error, unless it was given out
    /// before.
    pub fn save_telling_once(&mut self, settings: &Settings) -> Option<SettingsError> {
        let error = self.save(settings).err()?;
        let new = self.told.as_ref() != Some(&error);
        self.told = Some(error.clone());
        new.then_some(error)
    }
}

/// Why settings are not as the user left them. `Display` is one sentence that names the cause;
/// [`Self::advice`] says what to do next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// The account has no home folder.
    #[error("there is no home folder to keep settings in")]
    NoHome,
    /// The system refuses to read.
    #[error("the settings in {} can't be read: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file as a whole makes no sense.
    #[error("the settings in {} make no sense: {reason}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        reason: String,
    },
    /// Some values make no sense.
    #[error("the settings in {} hold wrong values: {}", path.display(), names.join(", "))]
    WrongValues {
        /// The file.
        path: PathBuf,
        /// Which ones.
        names: Vec<String>,
    },
    /// The system refuses to write.
    #[error("the settings can't be saved to {}: {reason}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
}

impl SettingsError {
    /// What to do next, in one or two sentences.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::NoHome => "Name folders in MIEN_CONFIG_DIR and MIEN_DATA_DIR.",
            Self::Unreadable { .. } => "Defaults are used. Check the permissions of the file.",
            Self::NotToml { .. } => {
                "Defaults are used. The file was copied to settings.toml.damaged beside it."
            }
            Self::WrongValues { .. } => {
                "They have their defaults; the others are as you left them."
            }
            Self::Unwritable { .. } => {
                "Mien goes on and forgets changes when it ends. Check space and permissions."
            }
        }
    }
}

#[cfg(test)]
mod tests;
