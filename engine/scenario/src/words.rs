//! The words of a line: taken one by one, so that one that nobody took is an error.

use std::str::FromStr;

use matchgate_core::domain::{Price, Side};

use crate::decimal::read_price;
use crate::problem::Problem;

/// What is left of a line.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a> {
    left: Vec<&'a str>,
}

impl<'a> Words<'a> {
    pub(crate) fn of(line: &'a str) -> Self {
        Self {
            left: line.split_whitespace().collect(),
        }
    }

    /// Takes the first word that is left.
    pub(crate) fn first(&mut self, expected: &str) -> Result<&'a str, Problem> {
        if self.left.is_empty() {
            return Err(Problem::unreadable(expected, None));
        }
        Ok(self.left.remove(0))
    }

    /// Takes the first word that is left as a number.
    pub(crate) fn first_number<T: FromStr>(&mut self, expected: &str) -> Result<T, Problem> {
        let word = self.first(expected)?;
        word.parse()
            .map_err(|_| Problem::unreadable(expected, Some(word)))
    }

    /// Takes `word`; returns whether it was there.
    pub(crate) fn take(&mut self, word: &str) -> bool {
        let at = self.left.iter().position(|&left| left == word);
        at.map(|at| self.left.remove(at)).is_some()
    }

    /// Takes `key=VALUE`; returns the value.
    pub(crate) fn value(&mut self, key: &str) -> Option<&'a str> {
        let value = |word: &'a str| word.strip_prefix(key)?.strip_prefix('=');
        let at = self.left.iter().position(|&left| value(left).is_some())?;
        value(self.left.remove(at))
    }

    /// Takes `key=NUMBER`.
    pub(crate) fn number<T: FromStr>(&mut self, key: &str) -> Result<Option<T>, Problem> {
        self.value_as(key, "a number in range", |value| value.parse().ok())
    }

    /// Takes `key=PRICE`.
    pub(crate) fn price(&mut self, key: &str) -> Result<Option<Price>, Problem> {
        self.value_as(key, "a price in range", read_price)
    }

    /// Takes `key=VALUE` as whatever `read` makes of the value.
    pub(crate) fn value_as<T>(
        &mut self,
        key: &str,
        expected: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let wrong = || Problem::unreadable(format!("{expected} after `{key}=`"), Some(value));
        read(value).map(Some).ok_or_else(wrong)
    }

    /// Takes `@ PRICE`.
    pub(crate) fn limit(&mut self) -> Result<Option<Price>, Problem> {
        let Some(at) = self.left.iter().position(|&left| left == "@") else {
            return Ok(None);
        };
        self.left.remove(at);
        let word = (at < self.left.len()).then(|| self.left.remove(at));
        let price = word.and_then(read_price);
        price
            .map(Some)
            .ok_or_else(|| Problem::unreadable("a price after `@`", word))
    }

    /// Ends the line: no word may be left.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        self.left.first().map_or(Ok(()), |word| {
            let expected = "no such word, or not a second one of its kind";
            Err(Problem::unreadable(expected, Some(word)))
        })
    }
}

/// Reads a side.
pub(crate) fn read_side(word: &str) -> Option<Side> {
    match word {
        "buy" => Some(Side::Buy),
        "sell" => Some(Side::Sell),
        _ => None,
    }
}

/// Writes a side.
pub(crate) const fn side_text(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}
