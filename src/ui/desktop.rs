//! The surroundings on a real computer. Everything that may wait happens on threads of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui;

use super::actions::{Dialog, News, Surroundings};
use super::model_store::ModelFacts;
use super::reserve_font;
use super::store::{CameraEntry, UnfinishedSession};
use crate::baseline::{Baseline, BaselineError, Baselines};
use crate::model;
use crate::runtime::cancel::{CancelGuard, Cancelled, cancel_token};
use crate::runtime::devices;
use crate::runtime::mailbox::{MailboxReceiver, MailboxSender, mailbox};
use crate::runtime::worker;
use crate::settings::Settings;

/// News waiting for the window; it drains them in every pass, so this is never reached.
const NEWS_CAPACITY: usize = 32;
/// A slider that is dragged changes settings sixty times a second; they are kept this often.
const SAVE_INTERVAL: Duration = Duration::from_millis(300);
/// Nobody leaves a dialog so soon: where there is none, the answer comes at once.
const FASTEST_HAND: Duration = Duration::from_millis(400);
/// At the end the last settings get this long to reach the disk.
const LAST_SAVE: Duration = Duration::from_secs(1);

/// What the window needs done by the rest of the program. Each is called on a thread that may
/// wait.
pub struct Hooks {
    /// Keeps the settings; the error is for people.
    pub save_settings: Box<SaveSettings>,
    /// Cameras that are plugged in now; called every two seconds.
    pub list_cameras: Box<dyn FnMut() -> Vec<CameraEntry> + Send>,
    /// Recordings in this folder that were not finished; called once at start.
    pub find_unfinished: Box<FindUnfinished>,
    /// Finishes one and returns its rows; the error is for people.
    pub finish_session: Arc<FinishSession>,
    /// What the user should be reminded of; called once at start.
    pub reminder: Box<Reminder>,
    /// Where baselines are kept.
    pub baselines: Baselines,
}

/// See [`Hooks::reminder`].
pub type Reminder = dyn FnOnce() -> Option<String> + Send;

/// See [`Hooks::save_settings`].
pub type SaveSettings = dyn FnMut(&Settings) -> Result<(), String> + Send;

/// See [`Hooks::find_unfinished`].
pub type FindUnfinished = dyn FnOnce(&Path) -> Vec<UnfinishedSession> + Send;

/// See [`Hooks::finish_session`].
pub type FinishSession = dyn Fn(&UnfinishedSession) -> Result<u64, String> + Send + Sync;

/// The real surroundings. Dropping them ends their threads.
pub struct Desktop {
    news: Receiver<News>,
    teller: Teller,
    save: Option<MailboxSender<Settings>>,
    saver: Option<JoinHandle<()>>,
    finish: Arc<FinishSession>,
    baselines: Baselines,
    /// A dialog for files is open.
    dialog: Arc<AtomicBool>,
    alive: Option<CancelGuard>,
}

/// Sends news and wakes the window.
#[derive(Clone)]
struct Teller {
    news: Sender<News>,
    ctx: egui::Context,
}

impl Teller {
    fn tell(&self, news: News) {
        if let Err(error) = self.news.try_send(news) {
            tracing::warn!("the window did not take: {:?}", error.into_inner());
        }
        self.ctx.request_repaint();
    }

    /// Runs `work` on a thread of its own and tells what it finds.
    fn tell_later(&self, name: &'static str, work: impl FnOnce() -> Option<News> + Send + 'static) {
        let teller = self.clone();
        let started = worker::spawn(name, move || {
            if let Some(news) = work() {
                teller.tell(news);
            }
        });
        if let Err(error) = started {
            self.tell(News::Trouble(format!("The system refuses another thread: {error}")));
        }
    }
}

impl Desktop {
    /// Starts looking for cameras, unfinished recordings and the system's wish about movement.
    pub fn start(hooks: Hooks, sessions_dir: PathBuf, ctx: &egui::Context) -> Self {
        let (sender, news) = bounded(NEWS_CAPACITY);
        let teller = Teller { news: sender, ctx: ctx.clone() };
        let (alive, cancelled) = cancel_token();
        let (save, to_save) = mailbox();

        let Hooks {
            save_settings,
            list_cameras,
            find_unfinished,
            finish_session,
            reminder,
            baselines,
        } = hooks;
        let lister = teller.clone();
        teller.tell_later("camera list", {
            let cancelled = cancelled.clone();
            move || {
                let tell = |cameras| lister.tell(News::Cameras(cameras));
                devices::report_changes(&cancelled, devices::PERIOD, list_cameras, tell);
                None
            }
        });
        let saver = teller.clone();
        let saver = worker::spawn("settings", move || {
            save_newest(save_settings, &to_save, &saver, &cancelled);
        });
        if let Err(error) = &saver {
            teller.tell(News::Trouble(format!("Settings are not kept this time: {error}")));
        }
        teller.tell_later("unfinished sessions", move || {
            let found = find_unfinished(&sessions_dir);
            (!found.is_empty()).then_some(News::Unfinished(found))
        });
        teller.tell_later("reminder", move || reminder().map(News::Trouble));
        teller.tell_later("reduced motion", || Some(News::ReducedMotion(system_reduces_motion())));
        Self {
            news,
            teller,
            save: Some(save),
            saver: saver.ok(),
            finish: finish_session,
            baselines,
            dialog: Arc::default(),
            alive: Some(alive),
        }
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        // Both ends of the saver's waiting, then what it still has to do.
        self.alive = None;
        self.save = None;
        let deadline = Instant::now() + LAST_SAVE;
        if self.saver.take().is_some_and(|saver| !worker::join_until(saver, deadline)) {
            tracing::warn!("settings were not kept in time");
        }
    }
}

impl Surroundings for Desktop {
    fn save_settings(&mut self, settings: &Settings) {
        let sent = self.save.as_ref().map(|save| save.put(settings.clone()));
        if !matches!(sent, Some(Ok(()))) {
            self.teller.tell(News::Trouble("Settings are no longer kept; start again.".to_owned()));
        }
    }

    fn open_folder(&mut self, folder: &Path) {
        let folder = folder.to_owned();
        self.teller.tell_later("open folder", move || {
            open_folder(&folder).err().map(|error| {
                let folder = folder.display();
                News::Trouble(format!("The folder can’t be shown ({error}). It is {folder}."))
            })
        });
    }

    fn open_page(&mut self, page: &Path) {
        let page = page.to_owned();
        self.teller.tell_later("open page", move || {
            open_with_system(&page).err().map(|error| {
                let page = page.display();
                News::Trouble(format!("The page can’t be shown ({error}). It is {page}."))
            })
        });
    }

    fn finish_session(&mut self, session: &UnfinishedSession) {
        let (finish, session) = (Arc::clone(&self.finish), session.clone());
        self.teller.tell_later("finish session", move || {
            Some(match finish(&session) {
                Ok(rows) => News::Finished(session.folder, rows),
                Err(message) => News::Trouble(message),
            })
        });
    }

    fn choose(&mut self, dialog: Dialog) {
        if self.dialog.swap(true, Ordering::AcqRel) {
            // One is open already.
            return;
        }
        let open = Arc::clone(&self.dialog);
        self.teller.tell_later("file dialog", move || {
            let asked_at = Instant::now();
            let chosen = worker::guard(|| choose(dialog)).unwrap_or_default();
            open.store(false, Ordering::Release);
            Some(match chosen {
                Some(paths) => News::Chosen(paths),
                None if asked_at.elapsed() < FASTEST_HAND => News::NoDialog,
                None => News::Chosen(Vec::new()),
            })
        });
    }

    fn look_at_models(&mut self, folders: Vec<PathBuf>) {
        self.teller.tell_later("model cards", move || {
            let built_in = model::built_in();
            let built_in = built_in.iter().find_map(|(card, _)| ModelFacts::of(card));
            let first = built_in.map(|facts| (None, Ok(facts)));
            let of = |folder: PathBuf| {
                let facts = model::card_in(&folder)
                    .map_err(|error| format!("{error}. {}", error.advice()))
                    .and_then(|card| {
                        ModelFacts::of(&card).ok_or_else(|| "It is a face detector.".to_owned())
                    });
                (Some(folder), facts)
            };
            Some(News::Models(first.into_iter().chain(folders.into_iter().map(of)).collect()))
        });
    }

    fn look_at_baselines(&mut self) {
        self.with_baselines(|_| Ok(()));
    }

    fn keep_baseline(&mut self, baseline: Arc<Baseline>) {
        self.with_baselines(move |files| files.save(&baseline).map(drop));
    }

    fn erase_baseline(&mut self, profile: &str) {
        let profile = profile.to_owned();
        self.with_baselines(move |files| files.erase(&profile).map(drop));
    }

    fn look_for(&mut self, paths: Vec<PathBuf>) {
        self.teller.tell_later("recent files", move || {
            Some(News::Missing(paths.into_iter().filter(|path| !path.exists()).collect()))
        });
    }

    fn look_for_font(&mut self) {
        self.teller.tell_later("fonts", || Some(News::ReserveFont(reserve_font::find())));
    }

    fn try_news(&mut self) -> Option<News> {
        self.news.try_recv().ok()
    }
}

impl Desktop {
    /// Does something to the baselines that are kept, then tells which there are.
    fn with_baselines(
        &self,
        work: impl FnOnce(&Baselines) -> Result<(), BaselineError> + Send + 'static,
    ) {
        let (files, teller) = (self.baselines.clone(), self.teller.clone());
        self.teller.tell_later("baselines", move || {
            let listed = work(&files).and_then(|()| files.list());
            Some(match listed {
                Ok(kept) => {
                    let words = |error: BaselineError| format!("{error}. {}", error.advice());
                    let entry = |(name, kept): (String, Result<Baseline, BaselineError>)| {
                        (name, kept.map(Arc::new).map_err(words))
                    };
                    News::Baselines(kept.into_iter().map(entry).collect())
                }
                Err(error) => {
                    teller.tell(News::Baselines(Vec::new()));
                    News::Trouble(format!("{error}. {}", error.advice()))
                }
            })
        });
    }
}

/// `None`: nothing was chosen, or there is no dialog.
fn choose(dialog: Dialog) -> Option<Vec<PathBuf>> {
    let system = rfd::FileDialog::new();
    match dialog {
        Dialog::Files => system.set_title("Analyse videos and pictures").pick_files(),
        Dialog::Folder => system.set_title("Analyse a folder").pick_folders(),
        Dialog::Video => {
            system.set_title("The video of this session").pick_file().map(|path| vec![path])
        }
        Dialog::Profile => system
            .set_title("What is remembered of you")
            .set_file_name("companion.toml")
            .save_file()
            .map(|path| vec![path]),
        Dialog::Strategies => system
            .set_title("Strategies of the companion")
            .add_filter("TOML", &["toml"])
            .pick_file()
            .map(|path| vec![path]),
        Dialog::Model => system.set_title("Folder of a model").pick_folder().map(|path| vec![path]),
    }
}

/// Keeps what was put last, also when the window has closed meanwhile.
fn save_newest(
    mut save: Box<SaveSettings>,
    newest: &MailboxReceiver<Settings>,
    teller: &Teller,
    cancelled: &Cancelled,
) {
    // The end of the window closes the mailbox; an hour without a change is as good as any.
    const WAIT: Duration = Duration::from_secs(3600);
    loop {
        match newest.take_timeout(WAIT) {
            Ok(settings) => {
                if let Err(message) = save(&settings) {
                    teller.tell(News::Trouble(message));
                }
                cancelled.sleep(SAVE_INTERVAL);
            }
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn open_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    open_with_system(folder)
}

/// Opens a folder or a page with the program that the user has for it.
fn open_with_system(path: &Path) -> std::io::Result<()> {
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(target_os = "windows") {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut child = quiet(Command::new(program).arg(path)).spawn()?;
    // Some file browsers stay until they are closed; this thread is theirs.
    child.wait().map(drop)
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// Whether the system wishes for less movement; false where it can't be asked.
fn system_reduces_motion() -> bool {
    let (program, arguments, yes): (_, &[&str], _) = if cfg!(target_os = "macos") {
        ("defaults", &["read", "com.apple.universalaccess", "reduceMotion"], "1")
    } else if cfg!(target_os = "windows") {
        let key = r"HKCU\Control Panel\Desktop\WindowMetrics";
        ("reg", &["query", key, "/v", "MinAnimate"], "0")
    } else {
        ("gsettings", &["get", "org.gnome.desktop.interface", "enable-animations"], "false")
    };
    let answer = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    answer.is_ok_and(|answer| {
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        answer.status.success() && text.trim().ends_with(yes)
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn wait_for(desktop: &mut Desktop, wanted: impl Fn(&News) -> bool) -> News {
        let deadline = Instant::now() + Duration::from_secs(10);
        while Instant::now() < deadline {
            match desktop.try_news() {
                Some(news) if wanted(&news) => return news,
                _ => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        panic!("the news did not come");
    }

    fn hooks() -> Hooks {
        Hooks {
            save_settings: Box::new(|_| Ok(())),
            list_cameras: Box::new(Vec::new),
            find_unfinished: Box::new(|_| Vec::new()),
            finish_session: Arc::new(|_| Ok(0)),
            reminder: Box::new(|| None),
            baselines: Baselines::at("baselines".into()),
        }
    }

    fn session() -> UnfinishedSession {
        UnfinishedSession { folder: "a".into(), started: "14:05".to_owned(), rows: 5 }
    }

    #[test]
    fn the_last_settings_are_kept_even_if_the_window_closes_at_once() {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let keeper = Arc::clone(&kept);
        let save_settings = Box::new(move |settings: &Settings| {
            keeper.lock().unwrap().push(settings.text_scale);
            Ok(())
        });
        let ctx = egui::Context::default();
        let mut desktop = Desktop::start(Hooks { save_settings, ..hooks() }, ".".into(), &ctx);
        for step in 1..=100 {
            let text_scale = step as f32 / 100.0;
            desktop.save_settings(&Settings { text_scale, ..Settings::default() });
        }
        drop(desktop);
        let kept = kept.lock().unwrap();
        assert_eq!(kept.last(), Some(&1.0));
        assert!(kept.len() < 10, "{kept:?}");
    }

    #[test]
    fn cameras_are_told_when_they_change_and_unfinished_sessions_once() {
        let looks = Arc::new(AtomicU32::new(0));
        let counter = Arc::clone(&looks);
        let list_cameras = Box::new(move || {
            let look = counter.fetch_add(1, Ordering::Relaxed);
            let camera = CameraEntry { number: 0, name: "Eye".to_owned(), sizes: vec![(640, 480)] };
            if look == 0 { Vec::new() } else { vec![camera] }
        });
        let find_unfinished = Box::new(|_: &Path| vec![session()]);
        let ctx = egui::Context::default();
        let hooks = Hooks { list_cameras, find_unfinished, ..hooks() };
        let mut desktop = Desktop::start(hooks, ".".into(), &ctx);
        wait_for(&mut desktop, |news| *news == News::Unfinished(vec![session()]));
        let plugged_in = |news: &News| matches!(news, News::Cameras(list) if list.len() == 1);
        wait_for(&mut desktop, plugged_in);
        assert!(looks.load(Ordering::Relaxed) >= 2);
    }

    #[test]
    fn finishing_a_session_is_told_with_its_rows_or_its_trouble() {
        let ctx = egui::Context::default();
        let mut desktop = Desktop::start(hooks(), ".".into(), &ctx);
        desktop.finish_session(&session());
        wait_for(&mut desktop, |news| *news == News::Finished("a".into(), 0));
        let finish_session: Arc<FinishSession> = Arc::new(|_| Err("the folder is gone".to_owned()));
        let mut desktop = Desktop::start(Hooks { finish_session, ..hooks() }, ".".into(), &ctx);
        desktop.finish_session(&session());
        wait_for(&mut desktop, |news| *news == News::Trouble("the folder is gone".to_owned()));
    }
}
