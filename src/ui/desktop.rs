//! The surroundings on a real computer. Everything that may wait happens on threads of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};
use eframe::egui;

use super::actions::{News, Surroundings};
use super::store::{CameraEntry, UnfinishedSession};
use crate::runtime::cancel::{CancelGuard, Cancelled, cancel_token};
use crate::runtime::mailbox::{MailboxReceiver, MailboxSender, mailbox};
use crate::runtime::worker;
use crate::settings::Settings;

/// Cameras are looked for this often; there is no message of the system about them.
const CAMERA_INTERVAL: Duration = Duration::from_secs(2);
/// News waiting for the window; it drains them in every pass, so this is never reached.
const NEWS_CAPACITY: usize = 32;
/// A slider that is dragged changes settings sixty times a second; they are kept this often.
const SAVE_INTERVAL: Duration = Duration::from_millis(300);

/// What the window needs done by the rest of the program. Each is called on a thread that may
/// wait.
pub struct Hooks {
    /// Keeps the settings; the error is for people.
    pub save_settings: Box<dyn FnMut(&Settings) -> Result<(), String> + Send>,
    /// Cameras that are plugged in now; called every two seconds.
    pub list_cameras: Box<dyn FnMut() -> Vec<CameraEntry> + Send>,
    /// Recordings in this folder that were not finished; called once at start.
    pub find_unfinished: Box<dyn FnOnce(&Path) -> Vec<UnfinishedSession> + Send>,
    /// Finishes one and returns its rows; the error is for people.
    pub finish_session: Arc<FinishSession>,
}

/// See [`Hooks::finish_session`].
pub type FinishSession = dyn Fn(&UnfinishedSession) -> Result<u64, String> + Send + Sync;

/// The real surroundings. Dropping them ends their threads.
pub struct Desktop {
    news: Receiver<News>,
    teller: Teller,
    save: MailboxSender<Settings>,
    finish: Arc<FinishSession>,
    _alive: CancelGuard,
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
    fn tell_later(&self, name: &str, work: impl FnOnce() -> Option<News> + Send + 'static) {
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

        let Hooks { save_settings, list_cameras, find_unfinished, finish_session } = hooks;
        let lister = teller.clone();
        teller.tell_later("camera list", {
            let cancelled = cancelled.clone();
            move || {
                watch_cameras(list_cameras, &lister, &cancelled);
                None
            }
        });
        let saver = teller.clone();
        teller.tell_later("settings", move || {
            save_newest(save_settings, &to_save, &saver);
            None
        });
        teller.tell_later("unfinished sessions", move || {
            let found = find_unfinished(&sessions_dir);
            (!found.is_empty()).then_some(News::Unfinished(found))
        });
        teller.tell_later("reduced motion", || Some(News::ReducedMotion(system_reduces_motion())));
        Self { news, teller, save, finish: finish_session, _alive: alive }
    }
}

impl Surroundings for Desktop {
    fn save_settings(&mut self, settings: &Settings) {
        if self.save.put(settings.clone()).is_err() {
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

    fn finish_session(&mut self, session: &UnfinishedSession) {
        let (finish, session) = (Arc::clone(&self.finish), session.clone());
        self.teller.tell_later("finish session", move || {
            Some(match finish(&session) {
                Ok(rows) => News::Finished(session.folder, rows),
                Err(message) => News::Trouble(message),
            })
        });
    }

    fn try_news(&mut self) -> Option<News> {
        self.news.try_recv().ok()
    }
}

fn watch_cameras(
    mut list: Box<dyn FnMut() -> Vec<CameraEntry> + Send>,
    teller: &Teller,
    cancelled: &Cancelled,
) {
    let mut told = None;
    while !cancelled.is_cancelled() {
        let cameras = list();
        if told.as_ref() != Some(&cameras) {
            teller.tell(News::Cameras(cameras.clone()));
            told = Some(cameras);
        }
        cancelled.sleep(CAMERA_INTERVAL);
    }
}

/// Keeps what was put last, also when the window has closed meanwhile.
fn save_newest(
    mut save: Box<dyn FnMut(&Settings) -> Result<(), String> + Send>,
    newest: &MailboxReceiver<Settings>,
    teller: &Teller,
) {
    // The end of the window closes the mailbox; an hour without a change is as good as any.
    const WAIT: Duration = Duration::from_secs(3600);
    loop {
        match newest.take_timeout(WAIT) {
            Ok(settings) => {
                if let Err(message) = save(&settings) {
                    teller.tell(News::Trouble(message));
                }
                std::thread::sleep(SAVE_INTERVAL);
            }
            Err(crossbeam_channel::RecvTimeoutError::Timeout) => {}
            Err(crossbeam_channel::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn open_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let program = if cfg!(target_os = "macos") {
        "open"
    } else if cfg!(target_os = "windows") {
        "explorer"
    } else {
        "xdg-open"
    };
    let mut child = quiet(Command::new(program).arg(folder)).spawn()?;
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
