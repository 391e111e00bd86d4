//! A simulated user: moods, tastes and manners that no policy sees, and a face that shows little of
//! them.
//!
//! Numbers are ours, except where a source is named, and were changed after policies had been seen
//! on them: `docs/companion.md` says which. They are meant to keep it hard for a policy that learns:
//! faces are neutral most of the time, people smile when they are annoyed, tastes differ, and single
//! persons are read wrongly again and again.

use super::super::chance::Chance;
use super::super::context::{Context, Intent, Scenario};
use super::super::intent::{Around, IntentGuess, IntentModel};
use super::super::reading::Reading;
use super::super::strategies::Action;
use super::readout::{Noise, PersonalReadout, normalised};

/// Moods, hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// At ease.
    Calm,
    /// Pleased.
    Content,
    /// Annoyed by what does not work.
    Strained,
    /// Discouraged.
    Low,
    /// Nervous.
    Anxious,
    /// Bored.
    Bored,
    /// Tired.
    Tired,
}

const MOODS: [Mood; 7] =
    [Mood::Calm, Mood::Content, Mood::Strained, Mood::Low, Mood::Anxious, Mood::Bored, Mood::Tired];

/// Chance that help is wanted, for someone open to it, at work.
const WANTED: [f64; 7] = [0.05, 0.02, 0.85, 0.75, 0.75, 0.7, 0.75];

/// What a face shows in each mood when it shows something, as weights over neutral, happiness,
/// surprise, sadness, anger, disgust, fear, contempt. A quarter of the annoyed smile (Hoque,
/// McDuff & Picard 2012, "Exploring temporal patterns in classifying frustrated and delighted
/// smiles", found it in most).
const SHOWS: [[f64; 8]; 7] = [
    [8.0, 2.0, 0.3, 0.2, 0.2, 0.1, 0.1, 0.1],
    [1.0, 8.0, 1.0, 0.1, 0.1, 0.0, 0.0, 0.1],
    [1.0, 2.5, 0.7, 1.0, 3.5, 0.7, 0.2, 0.7],
    [2.0, 0.7, 0.2, 5.0, 0.7, 0.3, 0.7, 0.3],
    [2.0, 1.0, 1.5, 1.5, 0.5, 0.2, 3.0, 0.2],
    [5.0, 0.3, 0.2, 2.0, 0.4, 0.4, 0.1, 1.5],
    [5.0, 0.3, 0.1, 3.5, 0.6, 0.4, 0.1, 0.2],
];

/// Chance that a strategy helps when help is wanted, for average taste. Columns: break, breathing,
/// slower, encouragement, difficulty, other content, a human.
const HELPS: [[f64; 7]; 7] = [
    [0.20, 0.10, 0.10, 0.20, 0.20, 0.20, 0.05],
    [0.10, 0.05, 0.05, 0.15, 0.15, 0.15, 0.05],
    [0.35, 0.25, 0.60, 0.20, 0.55, 0.25, 0.70],
    [0.30, 0.15, 0.30, 0.70, 0.40, 0.30, 0.35],
    [0.25, 0.70, 0.50, 0.45, 0.25, 0.15, 0.30],
    [0.30, 0.05, 0.05, 0.15, 0.45, 0.75, 0.10],
    [0.75, 0.30, 0.25, 0.20, 0.20, 0.25, 0.15],
];

/// Chance that help that helped eases the mood, and that it then is content rather than calm.
const CALMS: f64 = 0.6;
const CONTENTS: f64 = 0.3;
/// Chance that a prompt that nobody wanted strains the mood.
const ANNOYS: f64 = 0.1;

/// A prompt that nobody wanted is a pleasant surprise this often.
const PLEASANT_SURPRISE: f64 = 0.05;

/// Chance that a mood goes on for another two minutes.
const MOOD_LASTS: f64 = 0.92;

/// Seconds between two decisions.
pub const STEP_SECS: f64 = 120.0;
/// An expression is held this long, and read as one: readings of one moment err together.
const HELD_SECS: f64 = 20.0;
/// Expressions between two decisions.
const HELD: usize = (STEP_SECS / HELD_SECS) as usize;

/// How good an interaction was, -1..=1.
pub mod satisfaction {
    /// Help that helped.
    pub const HELPED: f64 = 1.0;
    /// Help was wanted, but not this.
    pub const WRONG: f64 = -0.3;
    /// Nobody wanted any.
    pub const UNWANTED: f64 = -1.0;
    /// Help was wanted and did not come.
    pub const MISSED: f64 = -0.2;
}

/// Someone, and the moment they are in.
#[derive(Debug, Clone)]
pub struct Person {
    seed: u64,
    step: u64,
    scenario: Scenario,
    /// Factor on the wish for help. Above half for all: who wants none leaves the companion off.
    open: f64,
    /// Of the time, the face shows the mood. Scowls were found in some 30 % of anger (Barrett et
    /// al. 2019, "Emotional expressions reconsidered").
    expressive: f64,
    /// Of the time, there is no face.
    away: f64,
    /// Of the time, the face is turned away.
    glances: f64,
    /// Log-odds on what helps, by strategy and by mood and strategy.
    taste: [f64; 7],
    mood_taste: [[f64; 7]; 7],
    /// How often prompts are answered at all.
    answers: f64,
    usual_trouble: f64,
    readout: PersonalReadout,
    mood: Mood,
    intent: Intent,
    /// What was read since the last decision, by class; `None`: no face.
    read: [Option<usize>; HELD],
    /// What the program around knows.
    pub context: Context,
    /// What is made of it.
    pub guess: IntentGuess,
    /// Since eight in the morning.
    pub hours: f64,
}

/// What the user would have at this moment; hidden.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// Chance that help is wanted.
    pub probability: f64,
    /// Whether it is.
    pub wanted: bool,
    /// Chance of each action to help if it is.
    helps: [f64; 7],
}

impl Wish {
    /// Chance that `action` helps now.
    pub fn helps(&self, action: Action) -> f64 {
        self.probability * self.helps[index(action)] + (1.0 - self.probability) * PLEASANT_SURPRISE
    }

    /// Chance that `action` helps, now that it is known whether help is wanted.
    pub fn helps_knowing(&self, action: Action) -> f64 {
        if self.wanted { self.helps[index(action)] } else { PLEASANT_SURPRISE }
    }

    /// Expected satisfaction of using `action`, or of silence.
    pub fn expected(&self, action: Option<Action>) -> f64 {
        use satisfaction::{HELPED, MISSED, UNWANTED, WRONG};
        let wanted = self.probability;
        let Some(action) = action else { return wanted * MISSED };
        let helps = self.helps[index(action)];
        let unwanted = PLEASANT_SURPRISE * HELPED + (1.0 - PLEASANT_SURPRISE) * UNWANTED;
        wanted * (helps * HELPED + (1.0 - helps) * WRONG) + (1.0 - wanted) * unwanted
    }
}

fn index(action: Action) -> usize {
    // Silence is no strategy, so it is not asked for.
    (action as usize).min(6)
}

impl Person {
    /// The person of `seed`, whose face is read with that much noise.
    pub fn new(seed: u64, noise: Noise, intents: &IntentModel) -> Self {
        let mut chance = Chance::stream(seed, u64::MAX);
        let scenario = Scenario::ALL[chance.below(Scenario::ALL.len())];
        let mut person = Self {
            seed,
            step: 0,
            scenario,
            open: chance.between(0.6, 1.3),
            expressive: chance.between(0.2, 0.7),
            away: chance.between(0.02, 0.15),
            glances: chance.between(0.05, 0.35),
            taste: std::array::from_fn(|_| chance.normal()),
            mood_taste: std::array::from_fn(|_| std::array::from_fn(|_| 0.5 * chance.normal())),
            answers: chance.between(0.5, 1.0),
            usual_trouble: chance.between(0.1, 0.6),
            readout: PersonalReadout::new(noise, &mut chance),
            mood: Mood::Calm,
            intent: Intent::Working,
            read: [None; HELD],
            context: Context { scenario, ..Context::default() },
            guess: IntentGuess::UNKNOWN,
            hours: 0.0,
        };
        person.change_intent(&mut chance, intents);
        person
    }

    /// Two minutes pass. What is read meanwhile, and what is wished at the end. `prompts` is how
    /// many there were in the last hour. The same seed and step give the same luck, whatever a
    /// policy did.
    pub fn step(
        &mut self,
        prompts: usize,
        intents: &IntentModel,
        mut see: impl FnMut(Reading, f64),
    ) -> Wish {
        let mut chance = Chance::stream(self.seed, self.step);
        self.step += 1;
        if chance.happens(0.05) {
            self.change_intent(&mut chance, intents);
        }
        self.change_task(&mut chance);
        self.change_mood(&mut chance);
        for held in 0..HELD {
            if self.readout.instead(HELD_SECS, &mut chance, &mut see) {
                self.read[held] = None;
                continue;
            }
            let (away, glances) = (chance.happens(self.away), chance.happens(self.glances));
            let shows = if chance.happens(self.expressive) {
                chance.pick(&SHOWS[self.mood as usize])
            } else {
                0
            };
            let (class, reading) = self.readout.read(shows, !glances, &mut chance);
            self.read[held] = (!away).then_some(class);
            see(if away { Reading::default() } else { reading }, HELD_SECS);
        }
        let wish = self.wish(self.mood as usize, prompts);
        Wish { wanted: chance.happens(wish.probability), ..wish }
    }

    /// What would be wished in that mood, after so many prompts in the last hour.
    fn wish(&self, mood: usize, prompts: usize) -> Wish {
        let helps = std::array::from_fn(|action| {
            let odds = HELPS[mood][action] / (1.0 - HELPS[mood][action]);
            let shift = self.taste[action] + self.mood_taste[mood][action];
            let odds = odds * shift.exp();
            odds / (1.0 + odds)
        });
        Wish { probability: self.wants(mood, prompts), wanted: false, helps }
    }

    /// Moves what is believed of the mood on by a step, and by what was read in it, for one who
    /// knows this person.
    pub(super) fn believe(&self, belief: &mut [f64; 7]) {
        let next = normalised(self.next_mood());
        for (mood, belief) in belief.iter_mut().enumerate() {
            *belief = MOOD_LASTS * *belief + (1.0 - MOOD_LASTS) * next[mood];
            let shows = normalised(SHOWS[mood]);
            for class in self.read.iter().flatten() {
                let shown = self.readout.chance_of(0, *class);
                let mood: f64 = (0..8).map(|s| shows[s] * self.readout.chance_of(s, *class)).sum();
                *belief *= self.expressive * mood + (1.0 - self.expressive) * shown;
            }
        }
        *belief = normalised(*belief);
    }

    /// The same after a prompt and its answer, if one came.
    pub(super) fn believe_answer(
        &self,
        belief: &mut [f64; 7],
        action: Action,
        prompts: usize,
        helped: Option<bool>,
    ) {
        let wishes: [Wish; 7] = std::array::from_fn(|mood| self.wish(mood, prompts));
        if let Some(helped) = helped {
            for (belief, wish) in belief.iter_mut().zip(&wishes) {
                let helps = wish.helps(action);
                *belief *= if helped { helps } else { 1.0 - helps };
            }
            *belief = normalised(*belief);
        }
        let mean = |of: &dyn Fn(&Wish) -> f64| -> f64 {
            belief.iter().zip(&wishes).map(|(b, wish)| b * of(wish)).sum()
        };
        let eased =
            CALMS * helped.map_or_else(|| mean(&|w| w.helps(action)), |h| f64::from(u8::from(h)));
        let strained = (1.0 - eased / CALMS) * ANNOYS * mean(&|wish| 1.0 - wish.probability);
        belief.iter_mut().for_each(|belief| *belief *= 1.0 - eased - strained);
        belief[Mood::Content as usize] += CONTENTS * eased;
        belief[Mood::Calm as usize] += (1.0 - CONTENTS) * eased;
        belief[Mood::Strained as usize] += strained;
    }

    /// Expected satisfaction of `action`, or of silence, for one who believes that of the mood.
    pub(super) fn expected(
        &self,
        belief: &[f64; 7],
        action: Option<Action>,
        prompts: usize,
    ) -> f64 {
        let pairs = belief.iter().enumerate();
        pairs.map(|(mood, b)| b * self.wish(mood, prompts).expected(action)).sum()
    }

    /// Whether a prompt is answered at all, and how an unwanted one changes the mood. `luck` comes
    /// from the same stream in every policy.
    pub fn take(&mut self, helped: bool, wanted: bool, luck: &mut Chance) -> bool {
        if helped && luck.happens(CALMS) {
            self.mood = if luck.happens(CONTENTS) { Mood::Content } else { Mood::Calm };
        } else if !wanted && luck.happens(ANNOYS) {
            self.mood = Mood::Strained;
        }
        luck.happens(self.answers)
    }

    /// How often prompts are answered at all, 0..=1.
    pub fn answers(&self) -> f64 {
        self.answers
    }

    /// Whether someone who was disturbed by `action` never wants to see it again.
    pub fn is_fed_up(&self, action: Action, luck: &mut Chance) -> bool {
        self.taste[index(action)] < -1.0 && luck.happens(0.3)
    }

    /// The luck of this moment, for what comes after the decision.
    pub fn luck(&self) -> Chance {
        Chance::stream(self.seed ^ 0x5bd1_e995, self.step)
    }

    fn wants(&self, mood: usize, prompts: usize) -> f64 {
        let by_intent = match self.intent {
            Intent::Working => 0.9,
            Intent::Practising => 1.0,
            Intent::Presenting => 0.1,
            Intent::Reading => 0.7,
            Intent::Call => 0.05,
            Intent::Resting => 0.6,
        };
        let tired_of_it = 1.0 / (1.0 + 0.15 * prompts as f64);
        (WANTED[mood] * self.open * by_intent * tired_of_it).min(0.95)
    }

    fn change_mood(&mut self, chance: &mut Chance) {
        if !chance.happens(MOOD_LASTS) {
            self.mood = MOODS[chance.pick(&self.next_mood())];
        }
    }

    /// Weights of the moods that may come next.
    fn next_mood(&self) -> [f64; 7] {
        let Context { trouble, waiting, .. } = self.context;
        let smooth = 1.0 - trouble.max(waiting);
        let speaking = matches!(self.intent, Intent::Presenting | Intent::Practising);
        let pastime = self.intent == Intent::Reading || self.scenario == Scenario::Media;
        [
            5.0 * smooth * smooth,
            2.0 * smooth * smooth,
            0.3 + 8.0 * trouble * trouble + 4.0 * waiting,
            0.3 + 3.0 * trouble * trouble,
            if speaking { 2.0 } else { 0.7 },
            if pastime { 1.6 } else { 0.7 },
            0.3 + 0.15 * self.hours,
        ]
    }

    fn change_task(&mut self, chance: &mut Chance) {
        let mut drift = |value: f64, usual: f64| {
            (0.8 * value + 0.2 * usual + 0.15 * chance.normal()).clamp(0.0, 1.0)
        };
        self.context.trouble = drift(self.context.trouble, self.usual_trouble);
        let waits = if self.scenario == Scenario::Support { 0.4 } else { 0.0 };
        self.context.waiting =
            drift(self.context.waiting, waits) * f64::from(u8::from(waits > 0.0));
        self.context.progress = (self.context.progress + 0.02) % 1.0;
    }

    fn change_intent(&mut self, chance: &mut Chance, intents: &IntentModel) {
        let weights = match self.scenario {
            Scenario::General => [5.0, 1.0, 0.7, 2.0, 1.3, 1.0],
            Scenario::Support => [7.0, 0.0, 0.2, 1.5, 1.0, 0.5],
            Scenario::Media => [0.5, 0.2, 0.2, 7.0, 0.5, 2.0],
            Scenario::Education => [6.0, 2.0, 0.5, 2.5, 0.5, 0.8],
        };
        self.intent = Intent::ALL[chance.pick(&weights)];
        // Some say what they do, some type a note, most do neither.
        (self.context.intent, self.context.note) = match chance.unit() {
            said if said < 0.3 => (Some(self.intent), String::new()),
            typed if typed < 0.5 => (None, note(self.intent, chance).to_owned()),
            _ => (None, String::new()),
        };
        self.guess = intents.guess(&self.context, &Around::default());
    }
}

/// Notes in words other than those that the classifier learned from.
fn note(intent: Intent, chance: &mut Chance) -> &'static str {
    let notes = match intent {
        Intent::Working => ["finishing the quarterly report", "code review", "写论文"],
        Intent::Practising => ["practising my audition", "smile training", "练习发音"],
        Intent::Presenting => ["talk for the department", "live demo", "给同学演讲"],
        Intent::Reading => ["watching a documentary", "reading blogs", "看小说"],
        Intent::Call => ["phone call with the bank", "weekly meeting", "电话会议"],
        Intent::Resting => ["coffee break", "relaxing a bit", "午休"],
    };
    notes[chance.below(notes.len())]
}
