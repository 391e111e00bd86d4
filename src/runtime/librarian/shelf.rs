//! The thread that knows what is in the folder.

use std::sync::Arc;

use crossbeam_channel::{Receiver, select};

use super::{LibraryCommand, LibraryEvent, Teller, guarded};
use crate::library::{Library, remove_pages, set_labelling};
use crate::session::recovery::discard;

/// Runs until the teller is stopped or nobody can ask any more.
pub(super) fn run(commands: &Receiver<LibraryCommand>, teller: &Teller) {
    let mut library: Option<Library> = None;
    loop {
        let command = select! {
            recv(commands) -> command => command,
            recv(teller.stopped.channel()) -> _ => return,
        };
        let Ok(command) = command else { return };
        guarded(teller, || obey(command, &mut library, teller));
        // Another wish is quicker than a look through thousands of folders.
        if commands.is_empty() {
            guarded(teller, || look(&mut library, commands, teller));
        }
    }
}

fn obey(command: LibraryCommand, library: &mut Option<Library>, teller: &Teller) {
    match command {
        LibraryCommand::List(dir) => {
            let same = library.as_ref().is_some_and(|library| library.sessions_dir() == dir);
            if !same {
                let cached = library.insert(Library::cached(&dir));
                let told = Arc::new(cached.clone());
                let progress = crate::library::Progress { done: 0, all: 0 };
                teller.tell(LibraryEvent::Listed(told, Some(progress)));
            }
        }
        LibraryCommand::Label(folder, labelling) => match set_labelling(&folder, &labelling) {
            Ok(()) => teller.tell(LibraryEvent::Labelled(folder)),
            Err(error) => {
                teller.tell(LibraryEvent::Failed(format!("{error}. {}", error.advice())));
            }
        },
        LibraryCommand::Erase(folder) => match discard(&folder) {
            Ok(()) => {
                let left = remove_pages(&folder);
                if let Err(error) = left {
                    let text = format!("The session is erased, but a page of it stays: {error}.");
                    teller.tell(LibraryEvent::Failed(text));
                }
                teller.tell(LibraryEvent::Erased(folder));
            }
            Err(error) => {
                teller.tell(LibraryEvent::Failed(format!("{error}. {}", error.advice())));
            }
        },
        // These are for the desk.
        _ => {}
    }
}

/// Looks through the folder again; what did not change costs no reading.
fn look(library: &mut Option<Library>, commands: &Receiver<LibraryCommand>, teller: &Teller) {
    let Some(known) = library else { return };
    let mut whole = true;
    known.refresh(|progress| {
        if progress.all > progress.done {
            teller.tell(LibraryEvent::Looking(progress));
        }
        whole = !teller.stopped.is_cancelled() && commands.is_empty();
        whole
    });
    // After another wish it is looked through again; at the end, what was found is kept.
    if whole || teller.stopped.is_cancelled() {
        // Without an index the next start is slower, no more: a folder may be read-only.
        if let Err(error) = known.save() {
            tracing::info!("the index is not kept: {error}");
        }
    }
    if !whole {
        return;
    }
    teller.tell(LibraryEvent::Listed(Arc::new(known.clone()), None));
}
