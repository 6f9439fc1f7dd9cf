//! Scenario words: prices and the options of a command line.

use crate::domain::{
    AccountId, ClientOrderId, InstrumentId, MassCancel, MassCancelScope, NewOrder, OrderHandle,
    OrderType, Origin, Price, Quantity, SessionId, Side, TimeInForce,
};

/// The words of a command line after its verb.
pub(super) struct Options<'a> {
    pub(super) words: &'a [&'a str],
}

impl Options<'_> {
    pub(super) fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.words
            .iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.value(key).map(|value| value.parse().unwrap())
    }

    pub(super) fn id(&self, key: &str) -> Option<u32> {
        self.number(key)
            .map(|number| u32::try_from(number).unwrap())
    }

    pub(super) fn client_order_id(&self) -> ClientOrderId {
        ClientOrderId::new(self.value("id").unwrap_or("").as_bytes()).unwrap()
    }

    pub(super) fn new_order(
        &self,
        origin: Origin,
        handle: OrderHandle,
        quantity: Quantity,
    ) -> NewOrder {
        let limit = self.words.iter().position(|&word| word == "@");
        let market = self.has("market");
        NewOrder {
            origin,
            handle,
            price: limit.map_or(Price::new(0), |at| price(self.words[at + 1])),
            quantity,
            instrument: InstrumentId(self.id("instrument").unwrap_or(0)),
            account: AccountId(self.id("account").unwrap_or(0)),
            side: if self.has("buy") {
                Side::Buy
            } else {
                Side::Sell
            },
            order_type: if market {
                OrderType::Market
            } else {
                OrderType::Limit
            },
            time_in_force: if self.has("ioc") || (market && !self.has("day")) {
                TimeInForce::Ioc
            } else {
                TimeInForce::Day
            },
            post_only: u8::from(self.has("post")),
            reserved: [0; 4],
        }
    }

    pub(super) fn mass_cancel(&self, origin: Origin) -> MassCancel {
        let account = self.id("account");
        MassCancel {
            origin,
            session: SessionId(self.id("session").unwrap_or(0)),
            account: AccountId(account.unwrap_or(0)),
            instrument: InstrumentId(self.id("instrument").unwrap_or(0)),
            scope: match account {
                Some(_) => MassCancelScope::Account,
                None => MassCancelScope::Session,
            },
            instrument_given: u8::from(self.id("instrument").is_some()),
            side: match self.value("side") {
                None => 0,
                Some("buy") => Side::Buy as u8,
                Some("sell") => Side::Sell as u8,
                Some(other) => other.parse().unwrap(),
            },
            reserved: 0,
        }
    }
}

/// Reads a decimal price.
pub(super) fn price(text: &str) -> Price {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole: i64 = whole.parse().unwrap();
    let fraction: i64 = format!("{fraction:0<9}").parse().unwrap();
    Price::new(sign * (whole * Price::ONE + fraction))
}

/// Writes a price as a decimal with at least two places.
pub(super) fn price_text(price: Price) -> String {
    let sign = if price.get() < 0 { "-" } else { "" };
    let units = price.get().unsigned_abs();
    let one = Price::ONE.unsigned_abs();
    let fraction = format!("{:09}", units % one);
    let kept = fraction.trim_end_matches('0').len().max(2);
    format!("{sign}{}.{}", units / one, &fraction[..kept])
}
