//! Arguments that accept more than the values that complete them.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Command, Error};

use crate::log::Status;

/// A parser of a status, whose values are suggested and never required.
#[derive(Clone)]
pub(super) struct Suggesting<P> {
    parser: P,
    /// Words besides the statuses.
    words: &'static [&'static str],
}

impl<P: TypedValueParser> Suggesting<P> {
    pub(super) fn new(parser: P, words: &'static [&'static str]) -> Self {
        Self { parser, words }
    }
}

impl<P: TypedValueParser> TypedValueParser for Suggesting<P> {
    type Value = P::Value;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &OsStr,
    ) -> Result<P::Value, Error> {
        self.parser.parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let words = self.words.iter().map(PossibleValue::new);
        let statuses =
            Status::ALL.map(|status| PossibleValue::new(status.name()).help(status.advice()));
        Some(Box::new(words.chain(statuses)))
    }
}
