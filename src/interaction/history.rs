//! Prompts and answers of this session: what cooldowns and rates are counted from.

use std::collections::VecDeque;

use super::feedback::Answer;

/// Prompts that are remembered: more than any hourly limit lets through in the longest cooldown.
const MOST: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Prompt {
    secs: f64,
    strategy: usize,
}

/// What was said in this session and how it was taken.
#[derive(Debug, Clone, Default)]
pub struct History {
    prompts: VecDeque<Prompt>,
    unwanted_in_a_row: u32,
    last_answer: f64,
}

impl History {
    /// A prompt is shown.
    pub fn prompted(&mut self, strategy: usize, secs: f64) {
        if self.prompts.len() == MOST {
            self.prompts.pop_front();
        }
        self.prompts.push_back(Prompt { secs, strategy });
    }

    /// There are other strategies from now on: which one was used means nothing any more, when
    /// does.
    pub fn other_strategies(&mut self) {
        for prompt in &mut self.prompts {
            prompt.strategy = usize::MAX;
        }
    }

    /// The user answered a prompt.
    pub fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Helped => (self.unwanted_in_a_row, self.last_answer) = (0, 1.0),
            Answer::NotNow | Answer::NeverAgain => {
                self.unwanted_in_a_row += 1;
                self.last_answer = -1.0;
            }
        }
    }

    /// Seconds since the last prompt, at least 0; `None` if there was none.
    pub fn since_prompt(&self, secs: f64) -> Option<f64> {
        self.prompts.back().map(|prompt| (secs - prompt.secs).max(0.0))
    }

    /// Seconds since this strategy was last used.
    pub fn since_strategy(&self, strategy: usize, secs: f64) -> Option<f64> {
        let last = self.prompts.iter().rev().find(|prompt| prompt.strategy == strategy);
        last.map(|prompt| (secs - prompt.secs).max(0.0))
    }

    /// Prompts at or after `secs`.
    pub fn prompts_since(&self, secs: f64) -> usize {
        self.prompts.iter().rev().take_while(|prompt| prompt.secs >= secs).count()
    }

    /// Answers in a row, up to the last one, that said "not now" or "never again".
    pub fn unwanted_in_a_row(&self) -> u32 {
        self.unwanted_in_a_row
    }

    /// 1: the last answer was "helped", -1: it was not, 0: there was none.
    pub fn last_answer(&self) -> f64 {
        self.last_answer
    }

    /// The clock ran backwards: times before mean nothing any more. All that was said counts as
    /// said just now, so that a jump never makes the companion talk more.
    pub fn clock_jumped(&mut self, secs: f64) {
        for prompt in &mut self.prompts {
            prompt.secs = prompt.secs.min(secs);
        }
    }
}
