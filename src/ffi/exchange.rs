//! What all exchanges have in common.

use super::{Value, value};
use crate::error::Result;
use crate::exchange::{Args, Operation, Progress, State};
use crate::notes::Notes;
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    operation: String,
    config: Json,
    args: Json,
    exchange: State,
}

pub(super) fn answer(
    request: Request,
    notes: &mut Notes,
    step: fn(Operation, State, &mut Notes) -> Result<Progress>,
) -> Result<Value> {
    let operation = Operation {
        name: &request.operation,
        config: Args(&request.config),
        args: Args(&request.args),
    };
    value(&step(operation, request.exchange, notes)?)
}
