//! Watches for cameras that are plugged in or out.
//!
//! No camera library tells of it, so the list is read again every two seconds. Cameras that were
//! there before are not opened again: a camera in use is not disturbed.

use std::time::Duration;

use super::cancel::Cancelled;

/// How often the list is read. A person who plugs a camera in looks up after about that long.
pub const PERIOD: Duration = Duration::from_secs(2);

/// Calls `changed` with the first list of `list` and with each that differs from the one before,
/// until `cancelled` fires. Lists every `period`, usually [`PERIOD`], on the calling thread.
///
/// Between lists it sleeps on `cancelled`, so it ends within moments of it unless a driver holds
/// it up; whoever joins its thread sets a deadline.
pub fn report_changes<T: Clone + PartialEq>(
    cancelled: &Cancelled,
    period: Duration,
    mut list: impl FnMut() -> T,
    mut changed: impl FnMut(T),
) {
    let mut known = None;
    loop {
        let now = list();
        if cancelled.is_cancelled() {
            return;
        }
        if known.as_ref() != Some(&now) {
            known = Some(now.clone());
            changed(now);
        }
        if !cancelled.sleep(period) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::cancel::cancel_token;
    use std::cell::RefCell;

    #[test]
    fn tells_the_first_list_and_then_changes_only() {
        let (guard, cancelled) = cancel_token();
        let guard = RefCell::new(Some(guard));
        let mut lists = [vec![], vec![], vec![0], vec![0], vec![0, 2], vec![]].into_iter();
        let mut told = Vec::new();
        report_changes(
            &cancelled,
            Duration::ZERO,
            || {
                let next = lists.next();
                if lists.len() == 0 {
                    // The list read while stopping is not told any more.
                    guard.take();
                }
                next.unwrap_or_default()
            },
            |list| told.push(list),
        );
        assert_eq!(told, [vec![], vec![0], vec![0, 2]]);
    }
}
