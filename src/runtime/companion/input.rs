//! JSON lines from another program: context, answers, markers.

use std::io::{self, BufRead, Read};

use crossbeam_channel::{Receiver, bounded};
use serde::Deserialize;

use crate::interaction::{Answer, Context};
use crate::runtime::worker;

/// Lines on their way to the companion. When it is full, whoever writes them waits.
const QUEUE: usize = 64;

/// A line longer than this is no message.
const LONGEST: u64 = 64 * 1024;

/// What can be said, one object a line.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Input {
    /// `{"context": {"scenario": "support", "waiting": 0.4}}`: all of it, from now on.
    Context(Context),
    /// `{"feedback": {"id": 3, "answer": "helped"}}`.
    Feedback {
        /// Of the decision.
        id: u64,
        /// What the user said.
        answer: Answer,
    },
    /// `{"marker": {"label": "exercise 2"}}`.
    Marker {
        /// What it is called.
        label: String,
    },
    /// `{"beliefs": {}}`: asks what the companion thinks about the user.
    Beliefs {},
}

/// Reads `lines` on a thread of its own, until they end or nobody listens. A line that makes no
/// sense comes as what is wrong with it. The thread may wait in a read for ever; it holds nothing
/// and is left alone when the program ends.
///
/// # Errors
/// If the system has no more threads to give.
pub fn inputs(
    mut lines: impl BufRead + Send + 'static,
) -> io::Result<Receiver<Result<Input, String>>> {
    let (sender, receiver) = bounded(QUEUE);
    worker::spawn("companion input", move || {
        let mut number = 0_u64;
        loop {
            let mut line = Vec::new();
            number += 1;
            match lines.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            let parsed = serde_json::from_slice(&line);
            let message = parsed.map_err(|error| format!("line {number} of the input: {error}"));
            // Waits when full: nothing that was said is lost.
            if sender.send(message).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::time::Duration;

    use super::*;

    #[test]
    fn lines_become_messages_and_nonsense_is_named() {
        let text = "{\"context\":{\"scenario\":\"support\",\"waiting\":0.4}}\n\n\
                    {\"feedback\":{\"id\":3,\"answer\":\"not_now\"}}\n{\"feedback\":{\"id\":3}}\n\
                    {\"beliefs\":{}}\nhello";
        let receiver = inputs(Cursor::new(text)).unwrap();
        let next = || receiver.recv_timeout(Duration::from_secs(10)).expect("a message");
        assert!(matches!(next(), Ok(Input::Context(context)) if context.waiting == 0.4));
        assert_eq!(next(), Ok(Input::Feedback { id: 3, answer: Answer::NotNow }));
        let wrong = next().unwrap_err();
        assert!(wrong.contains("line 4") && wrong.contains("answer"), "{wrong}");
        assert_eq!(next(), Ok(Input::Beliefs {}));
        assert!(next().unwrap_err().contains("line 6"));
        assert!(receiver.recv_timeout(Duration::from_secs(10)).is_err(), "then it ends");
    }
}
