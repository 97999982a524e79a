//! A conversation with a server, without the server.
//!
//! An operation is written as straight code: it asks, and goes on with the answer. It does not wait
//! for it. At every step it runs from its start; questions that were answered before get the same
//! answers again, and at the first one that was not, it stops, and the question is what the step
//! comes to. So all state between two steps is what was read from the answers: plain data, which
//! the caller keeps and hands back, together with the next answer.
//!
//! In Perl, questions are calls of functions: of the one that sends HTTP requests, and of the
//! plugin's own helpers.

mod args;
pub mod drive;

pub use args::Args;

use crate::error::{Error, Result};
use crate::notes::Notes;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A method or a helper of a plugin that talks to a server.
#[derive(Debug, Clone, Copy)]
pub struct Operation<'a> {
    /// Its name, as in the original.
    pub name: &'a str,
    /// The plugin's section of `ipams.cfg` or `dns.cfg`.
    pub config: Args<'a>,
    /// Its other arguments.
    pub args: Args<'a>,
}

/// A function to call, and what becomes of its errors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Call {
    /// The name of the function.
    pub function: &'static str,
    /// Its arguments.
    pub args: Vec<Json>,
    /// 1 if an error is an answer; otherwise it ends the operation.
    pub guarded: u8,
    /// 1 if nothing is changed by it: then the operation may still be left to another engine.
    pub reads: u8,
}

impl Call {
    /// A call that changes something.
    pub(crate) fn change(function: &'static str, args: Vec<Json>) -> Self {
        Call { function, args, guarded: 0, reads: 0 }
    }

    /// A call that changes nothing.
    pub(crate) fn read(function: &'static str, args: Vec<Json>) -> Self {
        Call { reads: 1, ..Call::change(function, args) }
    }
}

/// What a call came to.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// What the function returned.
    pub value: Json,
    /// What is in Perl's `$@` after it: empty, the error of a guarded call, or an older error.
    pub error: String,
}

/// What was read from an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Known {
    /// Null, if the guarded part failed.
    read: Json,
    /// As in [`Answer`].
    error: String,
}

/// Everything that is known at the start of a step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What the last step returned; empty at the first one.
    pub state: Vec<Known>,
    /// The answer to the last step's question; null at the first one.
    pub answer: Option<Answer>,
    /// What is in Perl's `$@` when the operation begins.
    pub error: String,
}

/// What a step comes to.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", untagged)]
pub enum Progress {
    /// The operation is done.
    Done {
        /// What it returns.
        result: Json,
    },
    /// A question is to be answered first.
    Ask {
        /// The question.
        call: Call,
        /// To be handed back with the answer.
        state: Vec<Known>,
    },
}

/// Why an operation does not go on.
#[derive(Debug)]
pub(crate) enum Pause {
    /// An answer is missing.
    Ask(Call),
    /// It fails.
    Fail(Error),
}

impl From<Error> for Pause {
    fn from(error: Error) -> Self {
        Pause::Fail(error)
    }
}

/// What a part of an operation comes to.
pub(crate) type Step<T> = std::result::Result<T, Pause>;

/// How far an `eval` reaches.
#[derive(Clone, Copy, PartialEq)]
enum Guard {
    None,
    Call,
    Reading,
}

/// One step of an operation.
pub(crate) struct Exchange<'n> {
    known: Vec<Known>,
    /// How many of `known` were asked for.
    used: usize,
    answer: Option<Answer>,
    error: String,
    notes: &'n mut Notes,
}

/// Runs one step of an operation.
///
/// # Errors
///
/// Those of the operation; [`Error::Request`] for a state that is none of its own.
pub(crate) fn step(
    state: State,
    notes: &mut Notes,
    operation: impl FnOnce(&mut Exchange) -> Step<Json>,
) -> Result<Progress> {
    let mut exchange =
        Exchange { known: state.state, used: 0, answer: state.answer, error: state.error, notes };
    match operation(&mut exchange) {
        Ok(result) => Ok(Progress::Done { result }),
        Err(Pause::Fail(error)) => Err(error),
        Err(Pause::Ask(call)) => Ok(Progress::Ask { call, state: exchange.known }),
    }
}

impl Exchange<'_> {
    /// Calls a function; its error is the operation's.
    pub(crate) fn call<T>(&mut self, call: Call, read: impl FnOnce(&Json) -> Result<T>) -> Step<T>
    where
        T: Serialize + DeserializeOwned,
    {
        let read = self.ask(Guard::None, call, read)?;
        read.ok_or_else(|| Error::Request("an unguarded call has failed".into()).into())
    }

    /// Calls a function; `None` if that fails, then [`Exchange::raised`] says why. An error of
    /// `read` is the operation's.
    ///
    /// Source: Perl's `eval { … }` around the call.
    pub(crate) fn attempt<T>(
        &mut self,
        call: Call,
        read: impl FnOnce(&Json) -> Result<T>,
    ) -> Step<Option<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        self.ask(Guard::Call, call, read)
    }

    /// As [`Exchange::attempt`], with `read` inside the `eval`.
    pub(crate) fn attempt_reading<T>(
        &mut self,
        call: Call,
        read: impl FnOnce(&Json) -> Result<T>,
    ) -> Step<Option<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        self.ask(Guard::Reading, call, read)
    }

    /// A `die` with a text and the error before it behind.
    pub(crate) fn raised(&self, text: &str) -> Error {
        Error::die_at(format_args!("{text}{}", self.error))
    }

    /// Gives a warning to whose text Perl appends where it was given.
    pub(crate) fn warn_at(&mut self, text: impl std::fmt::Display) {
        self.notes.warn_at(text);
    }

    fn ask<T>(
        &mut self,
        guard: Guard,
        mut call: Call,
        read: impl FnOnce(&Json) -> Result<T>,
    ) -> Step<Option<T>>
    where
        T: Serialize + DeserializeOwned,
    {
        if self.used == self.known.len() {
            let Some(answer) = self.answer.take() else {
                call.guarded = (guard != Guard::None).into();
                return Err(Pause::Ask(call));
            };
            let known = known(guard, answer, read)?;
            self.known.push(known);
        }
        // What was said up to here was said in an earlier step, and this one only repeats it.
        self.notes.clear();

        let known = &self.known[self.used];
        self.used += 1;
        self.error.clone_from(&known.error);
        if guard != Guard::None && !known.error.is_empty() {
            return Ok(None);
        }
        let read = T::deserialize(&known.read).map_err(|e| Error::Request(e.to_string()))?;
        Ok(Some(read))
    }
}

/// Nothing, where the caller wants no errors.
pub(crate) fn unless(noerr: bool, error: Error) -> Step<Json> {
    if noerr { Ok(Json::Null) } else { Err(error.into()) }
}

/// Reads all of an answer.
pub(crate) fn keep(answer: &Json) -> Result<Json> {
    Ok(answer.clone())
}

/// Reads nothing.
pub(crate) fn ignore(_: &Json) -> Result<()> {
    Ok(())
}

fn known<T: Serialize>(
    guard: Guard,
    answer: Answer,
    read: impl FnOnce(&Json) -> Result<T>,
) -> Result<Known> {
    let mut known = Known { read: Json::Null, error: answer.error };
    if guard != Guard::None && !known.error.is_empty() {
        return Ok(known);
    }
    match read(&answer.value) {
        Ok(read) => {
            known.read = serde_json::to_value(read).map_err(|e| Error::Bug(e.to_string()))?;
        }
        Err(Error::Die(text)) if guard == Guard::Reading => known.error = text + "\n",
        Err(error) => return Err(error),
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn operation(x: &mut Exchange) -> Step<Json> {
        x.warn_at("starting");
        let id: u64 = x.call(Call::read("find", vec![json!("a")]), |id| {
            id.as_u64().ok_or_else(|| Error::die_at("no id"))
        })?;
        x.warn_at("found");
        let is_set = x.attempt(Call::change("set", vec![json!(id)]), |_| Ok(()))?;
        if is_set.is_none() {
            return Err(x.raised("set: ").into());
        }
        Ok(json!([id, x.error]))
    }

    fn answer(value: Json, error: &str) -> Option<Answer> {
        let error = error.into();
        Some(Answer { value, error })
    }

    #[test]
    fn steps() {
        let mut notes = Notes::default();
        let first = step(State::default(), &mut notes, operation).unwrap();
        let Progress::Ask { call, state } = first else {
            panic!("{first:?}");
        };
        assert_eq!((call.function, call.guarded, call.reads), ("find", 0, 1));
        assert_eq!(notes.iter().count(), 1);

        let next = |answer| State { state: state.clone(), answer, error: "old".into() };
        let mut notes = Notes::default();
        let second = step(next(answer(json!(7), "")), &mut notes, operation).unwrap();
        let Progress::Ask { call, state: known } = second else {
            panic!("{second:?}");
        };
        assert_eq!((call.function, call.args, call.guarded), ("set", vec![json!(7)], 1));
        let texts: Vec<_> = notes.iter().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["found"]);

        let last = |answer| {
            let state = State { state: known.clone(), answer, error: "old".into() };
            step(state, &mut Notes::default(), operation)
        };
        let result = json!([7, ""]);
        assert_eq!(last(answer(Json::Null, "")), Ok(Progress::Done { result }));
        assert_eq!(last(answer(Json::Null, "broken\n")), Err(Error::die("set: broken")));

        let failed = step(next(answer(json!("x"), "")), &mut Notes::default(), operation);
        assert_eq!(failed, Err(Error::die_at("no id")));
    }
}
