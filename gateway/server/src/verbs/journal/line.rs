//! One line of an answer, in words or as one JSON object: what there is to say is said once and
//! comes out in either form. It must not know what is said.

use std::fmt::Display;

use matchgate_core::domain::{Price, Quantity};
use matchgate_follower::decimal_text;

/// Digits behind the point of a price's unit, negative.
pub(super) const PRICE_EXPONENT: i8 = -9;

/// A line that is being put together.
#[derive(Debug)]
pub(super) struct Line {
    text: String,
    is_json: bool,
    /// Items of the open list so far.
    items: usize,
}

impl Line {
    /// Returns an empty line: of JSON, or of words.
    pub(super) const fn new(is_json: bool) -> Self {
        Self {
            text: String::new(),
            is_json,
            items: 0,
        }
    }

    /// Returns what `tell` says, in words.
    pub(super) fn words(tell: impl FnOnce(&mut Self)) -> String {
        let mut line = Self::new(false);
        tell(&mut line);
        line.text
    }

    /// Returns what `tell` says, as a JSON object.
    pub(super) fn json(tell: impl FnOnce(&mut Self)) -> String {
        let mut line = Self::new(true);
        line.open();
        tell(&mut line);
        line.close();
        line.text
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// Begins anew.
    pub(super) fn open(&mut self) {
        self.text.clear();
        self.open_object();
    }

    /// Ends the line.
    pub(super) fn close(&mut self) {
        self.close_object();
    }

    /// Says what kind of thing it is: `new_order`, in words `new order`.
    pub(super) fn kind(&mut self, kind: &str) {
        if self.is_json {
            self.json_text("kind", kind);
        } else {
            self.push_word(&kind.replace('_', " "));
        }
    }

    /// Says a word that needs no name.
    pub(super) fn word(&mut self, key: &str, word: &str) {
        self.named(key, "", word);
    }

    /// Says a text behind a name.
    pub(super) fn named(&mut self, key: &str, label: &str, text: &str) {
        if self.is_json {
            self.json_text(key, text);
        } else {
            self.push_word(label);
            self.push_word(text);
        }
    }

    /// Says a whole number behind a name.
    pub(super) fn number(&mut self, key: &str, label: &str, number: impl Display) {
        if self.is_json {
            self.detail(key, number);
        } else {
            self.push_word(label);
            self.push_word(&number.to_string());
        }
    }

    /// Says a whole number that is of no interest to people.
    pub(super) fn detail(&mut self, key: &str, number: impl Display) {
        if self.is_json {
            self.json_key(key);
            self.text.push_str(&number.to_string());
        }
    }

    /// Says a text that is of no interest to people.
    pub(super) fn detail_text(&mut self, key: &str, text: &str) {
        if self.is_json {
            self.json_text(key, text);
        }
    }

    /// Says whether something is so; in words only where it is.
    pub(super) fn flag(&mut self, key: &str, is_so: bool, words: &str) {
        if self.is_json {
            self.detail(key, is_so);
        } else if is_so {
            self.push_word(words);
        }
    }

    /// Says a price: a decimal, and its units in JSON.
    pub(super) fn price(&mut self, key: &str, label: &str, price: Price) {
        self.amount(key, label, i128::from(price.get()), PRICE_EXPONENT);
    }

    /// Says a quantity of an instrument with this exponent: a decimal, and its units in JSON.
    pub(super) fn quantity(&mut self, key: &str, label: &str, quantity: Quantity, exponent: i8) {
        self.amount(key, label, i128::from(quantity.get()), exponent);
    }

    /// Begins a list.
    pub(super) fn open_list(&mut self, key: &str) {
        self.items = 0;
        if self.is_json {
            self.json_key(key);
            self.text.push('[');
        }
    }

    /// Begins the next item of the list, in words behind `first` or `between`.
    pub(super) fn open_item(&mut self, first: &str, between: &str) {
        if self.is_json {
            if self.items > 0 {
                self.text.push(',');
            }
            self.open_object();
        } else {
            self.text
                .push_str(if self.items == 0 { first } else { between });
        }
        self.items += 1;
    }

    pub(super) fn close_item(&mut self) {
        self.close_object();
    }

    pub(super) fn close_list(&mut self) {
        if self.is_json {
            self.text.push(']');
        }
    }

    fn open_object(&mut self) {
        if self.is_json {
            self.text.push('{');
        }
    }

    fn close_object(&mut self) {
        if self.is_json {
            self.text.push('}');
        }
    }

    fn amount(&mut self, key: &str, label: &str, units: i128, exponent: i8) {
        let text = decimal_text(units, exponent);
        self.named(key, label, &text);
        if self.is_json {
            self.detail(&format!("{key}_units"), units);
        }
    }

    fn push_word(&mut self, word: &str) {
        if !self.text.is_empty() && !self.text.ends_with(' ') && !word.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(word);
    }

    fn json_key(&mut self, key: &str) {
        if !self.text.ends_with('{') {
            self.text.push(',');
        }
        self.text.push('"');
        self.text.push_str(key);
        self.text.push_str("\":");
    }

    fn json_text(&mut self, key: &str, text: &str) {
        self.json_key(key);
        self.text
            .push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(line: &mut Line) {
        line.kind("new_order");
        line.word("side", "buy");
        line.quantity("quantity", "", Quantity::new(150), -2);
        line.price("price", "at", Price::new(10_050_000_000));
        line.named("id", "id", "a\"b\\");
        line.detail("slot", 7);
        line.flag("post_only", false, "post-only");
        line.open_list("events");
        for number in 0..2 {
            line.open_item(" => ", "; ");
            line.number("number", "event", number);
            line.close_item();
        }
        line.close_list();
    }

    #[test]
    fn words_are_one_sentence() {
        let words = Line::words(tell);
        assert_eq!(
            words,
            "new order buy 1.5 at 10.05 id a\"b\\ => event 0; event 1"
        );
    }

    #[test]
    fn json_has_decimals_and_their_units() {
        let parsed: serde_json::Value = serde_json::from_str(&Line::json(tell)).unwrap();
        let expected = serde_json::json!({
            "kind": "new_order", "side": "buy", "quantity": "1.5", "quantity_units": 150,
            "price": "10.05", "price_units": 10_050_000_000_i64, "id": "a\"b\\", "slot": 7,
            "post_only": false, "events": [{"number": 0}, {"number": 1}],
        });
        assert_eq!(parsed, expected);
    }
}
