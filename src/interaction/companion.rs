//! The parts together: readings and context in, decisions out, answers back.

use std::collections::VecDeque;
use std::sync::Arc;

use super::chance::Chance;
use super::context::{Context, Now};
use super::decision::{Alternative, Decision, SILENT};
use super::features::Features;
use super::feedback::{AFTER_SECS, Answer, FeedbackError, ImplicitSignal};
use super::history::History;
use super::intent::{Around, IntentGuess, IntentModel};
use super::limits::{Blocked, Moment, allowed};
use super::policy::{Bandit, Choice, Contribution, Network, Policy, contributions};
use super::profile::Profile;
use super::reading::Reading;
use super::strategies::{Action, Language, Limits, Strategies};
use super::user::{Belief, UserModel, Usual};
use crate::words::percent;

/// Chance to help of a strategy that the network has never heard of: of all prompts that were
/// logged for the built-in one, about so many helped.
pub const UNHEARD_OF: f64 = 0.25;

/// Prompts that may still be answered.
const OPEN: usize = 32;

/// Contributions of each branch in a decision.
const SHOWN: usize = 3;

/// What a companion is made of.
#[derive(Debug, Clone)]
pub struct Setup {
    /// What it may do.
    pub strategies: Arc<Strategies>,
    /// What it learned offline; strategies it does not know begin with a cautious guess.
    pub network: Arc<Network>,
    /// How it understands notes.
    pub intents: Arc<IntentModel>,
    /// Of its prompts.
    pub language: Language,
    /// Seconds between decisions.
    pub every_secs: f64,
    /// Of its draws.
    pub seed: u64,
}

/// Watches, decides, learns. Time comes as an argument; the same calls give the same decisions.
#[derive(Debug)]
pub struct Companion {
    setup: Setup,
    user: UserModel,
    profile: Profile,
    bandit: Bandit,
    history: History,
    context: Context,
    chance: Chance,
    decided: u64,
    last_secs: Option<f64>,
    open: VecDeque<Open>,
}

/// A prompt that was shown.
#[derive(Debug)]
struct Open {
    id: u64,
    secs: f64,
    strategy: usize,
    features: Features,
    valence_before: Option<f64>,
    answered: bool,
    looked_after: bool,
}

impl Companion {
    /// For the person of `profile`.
    pub fn new(setup: Setup, profile: Profile, now: &Now) -> Self {
        Self {
            user: UserModel::new(profile.usual),
            chance: Chance::new(setup.seed),
            bandit: taught(&setup, &profile, now),
            setup,
            profile,
            history: History::default(),
            context: Context::default(),
            decided: 0,
            last_secs: None,
            open: VecDeque::new(),
        }
    }

    /// Speaks otherwise from now on; what it knows and learned stays.
    pub fn set_manners(&mut self, every_secs: f64, limits: Limits) {
        self.setup.every_secs = every_secs;
        Arc::make_mut(&mut self.setup.strategies).limits = limits;
    }

    /// Has other strategies from now on, and what is remembered of them.
    pub fn set_strategies(&mut self, strategies: Arc<Strategies>, now: &Now) {
        self.setup.strategies = strategies;
        self.bandit = taught(&self.setup, &self.profile, now);
        self.history.other_strategies();
        // An answer to an old prompt would be to another strategy.
        self.open.clear();
    }

    /// Speaks this language from now on.
    pub fn set_language(&mut self, language: Language) {
        self.setup.language = language;
    }

    /// Forgets what was answered to a strategy, and that it is never wanted.
    pub fn forget(&mut self, strategy: &str, now: &Now) {
        self.profile.forget(strategy);
        self.bandit = taught(&self.setup, &self.profile, now);
    }

    /// Forgets how the person usually looks, with the last minutes, which it would come from again.
    pub fn forget_usual(&mut self) {
        self.profile.usual = Usual::default();
        self.user = UserModel::new(Usual::default());
        self.user.set_task(self.context.trouble, self.context.waiting);
    }

    /// Forgets the person. How long ago it spoke is still known, so that it is not sooner again.
    pub fn forget_everything(&mut self, now: &Now) {
        self.profile = Profile::default();
        self.bandit = taught(&self.setup, &self.profile, now);
        self.forget_usual();
        // An answer to an old prompt would remember that moment.
        self.open.clear();
    }

    /// What it knows of the person.
    pub fn user(&self) -> &UserModel {
        &self.user
    }

    /// What it may do.
    pub fn strategies(&self) -> &Strategies {
        &self.setup.strategies
    }

    /// A reading of `secs`.
    pub fn observe(&mut self, secs: f64, reading: Reading) {
        self.user.observe(secs, reading);
    }

    /// What the program around knows from now on.
    pub fn set_context(&mut self, context: Context) {
        self.context = context.sanitised();
        self.user.set_task(self.context.trouble, self.context.waiting);
    }

    /// A marker was set.
    pub fn marker(&mut self, secs: f64, label: &str) {
        self.user.marker(secs, label);
    }

    /// Decides, if it is time; most of the time to stay silent.
    pub fn decide(&mut self, now: &Now) -> Option<Decision> {
        if let Some(last) = self.last_secs {
            if now.secs < last {
                // The clock ran backwards: what was said counts as said just now.
                self.history.clock_jumped(now.secs);
            } else if now.secs < last + self.setup.every_secs {
                return None;
            }
        }
        self.last_secs = Some(now.secs);
        Some(self.decide_now(now))
    }

    fn decide_now(&mut self, now: &Now) -> Decision {
        self.user.until(now.secs);
        let intent = self.intent();
        let features = Features::of(&self.user, &self.context, &intent, &self.history, now);
        let moment = Moment {
            user: &self.user,
            context: &self.context,
            intent: &intent,
            history: &self.history,
            now,
        };
        let Setup { strategies, .. } = &self.setup;
        let never = |index: usize| self.profile.is_never(&strategies.list[index].id);
        let allowed = allowed(strategies, never, &moment);
        let choice = self.bandit.choose(&features, &allowed, &mut self.chance);
        self.decided += 1;
        let decision = self.describe(now, &intent, &features, &allowed, &choice);
        if let Some(strategy) = choice.strategy {
            self.history.prompted(strategy, now.secs);
            if self.open.len() == OPEN {
                self.open.pop_front();
            }
            self.open.push_back(Open {
                id: self.decided,
                secs: now.secs,
                strategy,
                features,
                valence_before: self.user.windows()[1].valence(),
                answered: false,
                looked_after: false,
            });
        }
        decision
    }

    fn describe(
        &self,
        now: &Now,
        intent: &IntentGuess,
        features: &Features,
        allowed: &[Option<Blocked>],
        choice: &Choice,
    ) -> Decision {
        let list = &self.setup.strategies.list;
        let free = (0..list.len()).filter(|index| allowed[*index].is_none());
        let best = free.max_by(|a, b| choice.views[*a].chance.total_cmp(&choice.views[*b].chance));
        let about = choice.strategy.or(best);
        let because = about.map_or_else(Vec::new, |about| self.because(features, about));
        let pairs = list.iter().zip(&choice.views).zip(allowed);
        let alternatives = pairs.map(|((strategy, view), blocked)| Alternative {
            strategy: strategy.id.clone(),
            chance: view.chance,
            deviation: view.deviation,
            propensity: view.propensity,
            blocked: *blocked,
        });
        let expression = self.user.windows()[1].shares().map_or(0, |shares| {
            (1..8).fold(0, |top, i| if shares[i] > shares[top] { i } else { top })
        });
        let spoken = choice.strategy.map(|index| &list[index]);
        Decision {
            id: self.decided,
            secs: now.secs,
            strategy: spoken.map_or_else(|| SILENT.to_owned(), |strategy| strategy.id.clone()),
            action: spoken.map_or(Action::StaySilent, |strategy| strategy.action),
            message: spoken.map_or_else(String::new, |strategy| {
                strategy.message(expression, intent.known, self.setup.language).to_owned()
            }),
            reason: self.reason(allowed, choice, best),
            chance: choice.strategy.map_or(0.0, |index| choice.views[index].chance),
            propensity: choice.propensity,
            because,
            alternatives: alternatives.collect(),
            intent: intent.known,
            evidence: self.user.evidence(),
            features: *features,
        }
    }

    /// The largest contributions of each branch.
    fn because(&self, features: &Features, strategy: usize) -> Vec<Contribution> {
        let all = contributions(self.bandit.network(), features, strategy);
        let of = |branch: &'static str| {
            let parts = all.iter().filter(move |part| part.branch == branch && part.adds != 0.0);
            parts.take(SHOWN).cloned()
        };
        let mut because: Vec<Contribution> = of("x").chain(of("y")).collect();
        because.sort_by(|a, b| b.adds.abs().total_cmp(&a.adds.abs()));
        because
    }

    fn reason(&self, allowed: &[Option<Blocked>], choice: &Choice, best: Option<usize>) -> String {
        let list = &self.setup.strategies.list;
        let worth_from = percent(self.setup.strategies.limits.worth_from());
        match (choice.strategy, best) {
            (Some(index), _) => {
                let view = &choice.views[index];
                let chance = percent(view.chance.clamp(0.0, 1.0));
                if view.chance >= self.setup.strategies.limits.worth_from() {
                    format!("it is expected to help in {chance}, and worth it from {worth_from}")
                } else {
                    format!(
                        "it is expected to help in {chance} only, but too little is known of you \
                         to be sure, so it was tried"
                    )
                }
            }
            (None, Some(best)) => format!(
                "nothing is likely enough to help: the best, {}, in {}, and a prompt is worth it \
                 from {worth_from}",
                list[best].id,
                percent(choice.views[best].chance.clamp(0.0, 1.0)),
            ),
            (None, None) => {
                let first = allowed.iter().flatten().next();
                let same = allowed.iter().all(|blocked| blocked.as_ref() == first);
                match first {
                    Some(blocked) if same => blocked.words().to_owned(),
                    _ => "no strategy fits this moment".to_owned(),
                }
            }
        }
    }

    fn intent(&self) -> IntentGuess {
        self.setup.intents.guess(&self.context, &Around::of(&self.user, &self.context))
    }

    /// The user answered prompt `id`. What it is learned as: the id of the strategy.
    ///
    /// # Errors
    /// [`FeedbackError`]; then nothing changed.
    pub fn feedback(
        &mut self,
        id: u64,
        answer: Answer,
        now: &Now,
    ) -> Result<String, FeedbackError> {
        let open = self.open.iter_mut().find(|open| open.id == id);
        let open = open.ok_or(FeedbackError::Unknown(id))?;
        if open.answered {
            return Err(FeedbackError::Answered(id));
        }
        open.answered = true;
        let (strategy, features) = (open.strategy, open.features);
        self.history.answered(answer);
        self.bandit.learn(&features, strategy, answer.reward());
        let id = self.setup.strategies.list[strategy].id.clone();
        self.profile.remember(&id, answer, now.unix_secs, &features);
        Ok(id)
    }

    /// What faces did a minute after prompts, each once.
    pub fn implicit_signals(&mut self, now: &Now) -> Vec<ImplicitSignal> {
        let after = self.user.windows()[1].valence();
        let due = self
            .open
            .iter_mut()
            .filter(|open| !open.looked_after && now.secs >= open.secs + AFTER_SECS);
        due.filter_map(|open| {
            open.looked_after = true;
            let (before, after) = (open.valence_before?, after?);
            Some(ImplicitSignal { id: open.id, before, after, caution: ImplicitSignal::CAUTION })
        })
        .collect()
    }

    /// What it thinks about the user, and why.
    pub fn beliefs(&self) -> Vec<Belief> {
        let mut beliefs = self.user.beliefs();
        let intent = self.intent();
        if let Some(known) = intent.known {
            let why = if intent.said { "you said so" } else { "from your note and what was seen" };
            beliefs.push(Belief {
                about: "intent".into(),
                says: format!("you are {}", in_words(known)),
                why: why.into(),
                sure: intent.shares[known as usize],
            });
        }
        beliefs.extend(self.profile.beliefs(&self.setup.strategies));
        beliefs
    }

    /// What is to be remembered, as of now.
    pub fn profile(&self) -> Profile {
        Profile { usual: self.user.usual(), ..self.profile.clone() }
    }
}

/// The network with what the answers of `profile` say.
fn taught(setup: &Setup, profile: &Profile, now: &Now) -> Bandit {
    let ids = setup.strategies.ids();
    let network = Arc::new(setup.network.for_strategies(&ids, UNHEARD_OF));
    let mut bandit = Bandit::new(network, setup.strategies.limits.worth_from());
    profile.teach(&mut bandit, now.unix_secs);
    bandit
}

fn in_words(intent: super::context::Intent) -> &'static str {
    use super::context::Intent;
    match intent {
        Intent::Working => "working",
        Intent::Practising => "practising",
        Intent::Presenting => "presenting",
        Intent::Reading => "reading or watching",
        Intent::Call => "in a call",
        Intent::Resting => "resting",
    }
}
