//! One simulated user under one policy.

use super::super::chance::Chance;
use super::super::context::Now;
use super::super::decision::SILENT;
use super::super::features::Features;
use super::super::feedback::Answer;
use super::super::history::History;
use super::super::intent::IntentModel;
use super::super::limits::{Blocked, Moment, allowed};
use super::super::log::LogRow;
use super::super::policy::{Choice, Policy};
use super::super::strategies::{Action, Strategies};
use super::super::user::{UserModel, Usual};
use super::person::{Person, STEP_SECS, Wish, satisfaction};
use super::readout::Noise;

/// Interactions for each point of a curve.
pub const BUCKET: usize = 20;

/// Interactions of a session: two hours.
const SESSION: usize = 60;

/// What one life came to. Sums, so that lives can be added up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// Decisions.
    pub interactions: u32,
    /// Prompts.
    pub prompts: u32,
    /// Prompts that helped.
    pub helped: u32,
    /// Prompts while no help was wanted.
    pub unwanted: u32,
    /// Decisions while help was wanted.
    pub wanted: u32,
    /// Prompts while help was wanted.
    pub wanted_prompts: u32,
    /// Expected satisfaction, given all that is hidden from the policy.
    pub satisfaction: f64,
    /// What happened by luck.
    pub realised: f64,
    /// Expected satisfaction lost against one who knows all that is hidden, under the same
    /// limits.
    pub regret: f64,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        self.interactions += other.interactions;
        self.prompts += other.prompts;
        self.helped += other.helped;
        self.unwanted += other.unwanted;
        self.wanted += other.wanted;
        self.wanted_prompts += other.wanted_prompts;
        self.satisfaction += other.satisfaction;
        self.realised += other.realised;
        self.regret += other.regret;
    }
}

/// A user's life under a policy, in pieces of [`BUCKET`] interactions.
pub type Life = Vec<Tally>;

/// What surrounds all lives.
pub struct World<'a> {
    /// What may be done, and the limits.
    pub strategies: &'a Strategies,
    /// How notes are understood.
    pub intents: &'a IntentModel,
    /// Of the readout.
    pub noise: Noise,
    /// Interactions of a life.
    pub interactions: usize,
}

/// A decision, its answer, and what a policy can't know: for judging estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// What a real log would hold.
    pub row: LogRow,
    /// Chance that each strategy would be answered with "helped"; no answer is none.
    pub helps: Vec<f64>,
}

/// Who decides.
enum Mind<'a> {
    Policy(&'a mut dyn Policy),
    /// Knows the person, and believes this of the mood.
    Oracle([f64; 7]),
}

/// Lives the life of user `seed`.
pub fn live(
    world: &World<'_>,
    seed: u64,
    policy: &mut dyn Policy,
    log: Option<&mut Vec<Logged>>,
) -> Life {
    life(world, seed, Mind::Policy(policy), log)
}

/// The same under one who knows what no policy can, and plans no farther than this moment: tastes,
/// manners, how the face is misread, what the person is about. The mood is filtered from the same
/// readings that policies have.
pub fn live_knowing(world: &World<'_>, seed: u64) -> Life {
    // Everybody begins calm.
    life(world, seed, Mind::Oracle([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]), None)
}

fn life(
    world: &World<'_>,
    seed: u64,
    mut mind: Mind<'_>,
    mut log: Option<&mut Vec<Logged>>,
) -> Life {
    let World { strategies, intents, .. } = world;
    let mut person = Person::new(seed, world.noise, intents);
    let mut user = UserModel::new(Usual::default());
    let mut history = History::default();
    let mut never = vec![false; strategies.list.len()];
    let mut choices = Chance::stream(seed, 0x706f_6c69_6379);
    let mut life = Life::new();
    let mut begins = 0;
    for step in 0..world.interactions {
        // Sessions of two hours, begun at any time of the day; a night lies between them.
        let within = step % SESSION;
        if within == 0 {
            begins = 480 + Chance::stream(seed ^ 0x6461_7973, step as u64).below(660) as u16;
            let night = user.last_secs() + 8.0 * 3600.0;
            user = UserModel::new(user.usual());
            user.until(night);
        }
        let minute_of_day = begins + (within as f64 * STEP_SECS / 60.0) as u16;
        person.hours = f64::from(minute_of_day) / 60.0 - 8.0;
        let recent = history.prompts_since(user.last_secs() - 3600.0);
        user.set_task(person.context.trouble, person.context.waiting);
        let wish = person.step(recent, intents, |reading, held| user.dwell(reading, held));
        let secs = user.last_secs();
        let now = Now { secs, minute_of_day, unix_secs: secs as i64 };
        let (context, intent) = (&person.context, &person.guess);
        let features = Features::of(&user, context, intent, &history, &now);
        let moment = Moment { user: &user, context, intent, history: &history, now: &now };
        let allowed = allowed(strategies, |index| never[index], &moment);
        let choice = match &mut mind {
            Mind::Policy(policy) => policy.choose(&features, &allowed, &mut choices),
            Mind::Oracle(belief) => {
                person.believe(belief);
                let expected = |action| person.expected(belief, action, recent);
                best(strategies, &allowed, expected)
            }
        };

        let action = choice.strategy.map(|index| strategies.list[index].action);
        let expected = wish.expected(action);
        let best = best(strategies, &allowed, |action| wish.expected(action)).strategy;
        let best = wish.expected(best.map(|index| strategies.list[index].action));

        let mut luck = person.luck();
        let helped = action.is_some_and(|action| luck.happens(wish.helps_knowing(action)));
        let answers =
            person.take(helped && action.is_some(), wish.wanted || action.is_none(), &mut luck);
        let mut answer = None;
        if let (Some(index), Some(action)) = (choice.strategy, action) {
            history.prompted(index, now.secs);
            let fed_up = !helped && !wish.wanted && person.is_fed_up(action, &mut luck);
            answer = answers.then_some(match (helped, fed_up) {
                (true, _) => Answer::Helped,
                (false, true) => Answer::NeverAgain,
                (false, false) => Answer::NotNow,
            });
            if let Some(answer) = answer {
                history.answered(answer);
                if let Mind::Policy(policy) = &mut mind {
                    policy.learn(&features, index, answer.reward());
                }
                never[index] |= answer == Answer::NeverAgain;
            }
            if let Mind::Oracle(belief) = &mut mind {
                let helped = answer.map(|answer| answer == Answer::Helped);
                person.believe_answer(belief, action, recent, helped);
            }
        }
        if let Some(log) = log.as_deref_mut() {
            log.push(logged(
                world,
                seed,
                step,
                &features,
                &allowed,
                &choice,
                answer,
                (&wish, person.answers()),
            ));
        }
        if step % BUCKET == 0 {
            life.push(Tally::default());
        }
        if let Some(tally) = life.last_mut() {
            tally.interactions += 1;
            tally.prompts += u32::from(action.is_some());
            tally.helped += u32::from(helped);
            tally.unwanted += u32::from(action.is_some() && !wish.wanted);
            tally.wanted += u32::from(wish.wanted);
            tally.wanted_prompts += u32::from(action.is_some() && wish.wanted);
            tally.satisfaction += expected;
            tally.regret += best - expected;
            tally.realised += match (action.is_some(), helped, wish.wanted) {
                (true, true, _) => satisfaction::HELPED,
                (true, false, true) => satisfaction::WRONG,
                (true, false, false) => satisfaction::UNWANTED,
                (false, _, true) => satisfaction::MISSED,
                (false, _, false) => 0.0,
            };
        }
    }
    life
}

/// What is expected to be best of what is allowed, silence among it.
fn best(
    strategies: &Strategies,
    allowed: &[Option<Blocked>],
    expected: impl Fn(Option<Action>) -> f64,
) -> Choice {
    let mut choice = Choice::silent(strategies.list.len());
    let mut most = expected(None);
    for (index, strategy) in strategies.list.iter().enumerate() {
        let worth = expected(Some(strategy.action));
        if allowed[index].is_none() && worth > most {
            (most, choice.strategy) = (worth, Some(index));
        }
    }
    choice
}

#[expect(clippy::too_many_arguments, reason = "all of one moment, used in one place")]
fn logged(
    world: &World<'_>,
    user: u64,
    step: usize,
    features: &Features,
    allowed: &[Option<Blocked>],
    choice: &Choice,
    answer: Option<Answer>,
    (wish, answers): (&Wish, f64),
) -> Logged {
    let list = &world.strategies.list;
    let blocked = list.iter().zip(allowed).filter(|(_, blocked)| blocked.is_some());
    let row = LogRow {
        user,
        id: step as u64 + 1,
        strategy: choice.strategy.map_or(SILENT, |index| &list[index].id).to_owned(),
        propensity: choice.propensity,
        blocked: blocked.map(|(strategy, _)| strategy.id.clone()).collect(),
        features: *features,
        answer,
    };
    Logged {
        row,
        helps: list.iter().map(|strategy| answers * wish.helps(strategy.action)).collect(),
    }
}
