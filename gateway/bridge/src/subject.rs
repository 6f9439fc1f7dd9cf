//! Subjects: where a publication belongs, as dot-separated tokens, and patterns over them. They
//! must not know who subscribes.
//!
//! | publication | subject |
//! |---|---|
//! | fill | `orders.fills.{symbol}` |
//! | execution | `orders.exec.{account}` |
//! | top of book | none: it is for databases |
//!
//! A byte of a symbol or account that has a meaning in subjects stands as `=` and two hexadecimal
//! digits: `BRK.B` is `BRK=2EB`.

use std::fmt::Write;

use matchgate_follower::publication::{Publication, PublicationBody};

/// Begins an encoded byte.
const ESCAPE: char = '=';

/// Returns the subject of a publication; `None` for one that has none, which no subscriber gets.
#[must_use]
pub fn subject_of(publication: &Publication) -> Option<String> {
    match &publication.body {
        PublicationBody::Fill(fill) => Some(fill_subject(fill.product.symbol.as_str())),
        PublicationBody::Execution(execution) => {
            let account = execution.party.account;
            Some(format!("orders.exec.{}", encode_token(account.as_str())))
        }
        PublicationBody::TopOfBook(_) => None,
    }
}

/// Returns the subject of the fills in a symbol.
#[must_use]
pub fn fill_subject(symbol: &str) -> String {
    format!("orders.fills.{}", encode_token(symbol))
}

/// Returns `text` as one token of a subject.
#[must_use]
pub fn encode_token(text: &str) -> String {
    let mut token = String::with_capacity(text.len());
    for byte in text.bytes() {
        let is_plain = byte.is_ascii_graphic() && !b".*>=".contains(&byte);
        if is_plain {
            token.push(char::from(byte));
        } else {
            write!(token, "{ESCAPE}{byte:02X}").expect("a string takes whatever is written");
        }
    }
    token
}

/// Returns what a token stands for; `None` where it is no encoded text.
#[must_use]
pub fn decode_token(token: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(token.len());
    let mut pieces = token.split(ESCAPE);
    bytes.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let digits = piece.get(..2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// A pattern that no subject can meet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// A token has no byte.
    #[error("pattern {0:?} has an empty token")]
    EmptyToken(String),
    /// `>` stands before the end, or a wildcard stands beside other bytes.
    #[error("pattern {0:?} has a wildcard that is no token of its own, or a `>` before its end")]
    Wildcard(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternToken {
    Exactly(String),
    Any,
    Rest,
}

/// A subject in which `*` stands for any one token and a last `>` for one or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    tokens: Vec<PatternToken>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// Returns a [`PatternError`] where a token is empty or a wildcard stands where none may.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let mut tokens = Vec::new();
        for token in text.split('.') {
            if tokens.last() == Some(&PatternToken::Rest) {
                return Err(PatternError::Wildcard(text.to_owned()));
            }
            tokens.push(match token {
                "" => return Err(PatternError::EmptyToken(text.to_owned())),
                "*" => PatternToken::Any,
                ">" => PatternToken::Rest,
                token if token.contains(['*', '>']) => {
                    return Err(PatternError::Wildcard(text.to_owned()));
                }
                token => PatternToken::Exactly(token.to_owned()),
            });
        }
        Ok(Self { tokens })
    }

    /// Returns whether `subject` meets the pattern.
    #[must_use]
    pub fn matches(&self, subject: &str) -> bool {
        let mut given = subject.split('.');
        for token in &self.tokens {
            let Some(part) = given.next() else {
                return false;
            };
            match token {
                PatternToken::Rest => return true,
                PatternToken::Any => {}
                PatternToken::Exactly(text) if text == part => {}
                PatternToken::Exactly(_) => return false,
            }
        }
        given.next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_with_a_meaning_in_subjects_are_encoded() {
        let cases = [
            ("BRK.B", "BRK=2EB"),
            ("A*B>C=D", "A=2AB=3EC=3DD"),
            ("BTC-USD", "BTC-USD"),
            ("ES_Z5/+", "ES_Z5/+"),
            ("", ""),
        ];
        for (text, token) in cases {
            assert_eq!(encode_token(text), token);
            assert_eq!(decode_token(token).as_deref(), Some(text));
        }
    }

    #[test]
    fn token_that_is_no_encoded_text_is_not_decoded() {
        for token in ["=", "A=2", "=G0", "=FF", "=é"] {
            assert_eq!(decode_token(token), None, "{token}");
        }
    }

    #[test]
    fn wildcards_stand_for_whole_tokens() {
        let matches = |pattern: &str, subject| Pattern::new(pattern).unwrap().matches(subject);
        assert!(matches("orders.fills.ABC", "orders.fills.ABC"));
        assert!(!matches("orders.fills.ABC", "orders.fills.ABCD"));
        assert!(matches("orders.*.ABC", "orders.exec.ABC"));
        assert!(!matches("orders.*", "orders.exec.ABC"));
        assert!(matches("orders.>", "orders.exec.ABC"));
        assert!(!matches("orders.exec.ABC.>", "orders.exec.ABC"));
        assert!(matches(">", "orders.exec.ABC"));
        assert!(!matches("orders.exec.*.x", "orders.exec.ABC"));
    }

    #[test]
    fn malformed_pattern_is_refused() {
        for text in ["", "a..b", ".a", "a."] {
            let expected = PatternError::EmptyToken(text.to_owned());
            assert_eq!(Pattern::new(text), Err(expected));
        }
        for text in [">.a", "a.b*", "a>", "*a.b"] {
            let expected = PatternError::Wildcard(text.to_owned());
            assert_eq!(Pattern::new(text), Err(expected));
        }
    }
}
