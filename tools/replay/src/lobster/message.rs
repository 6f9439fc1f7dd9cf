//! One line of a message file.
//!
//! Columns: seconds after midnight with up to nine decimals, type, order id, size, price x 10000,
//! side of the resting order (1 buy, -1 sell). It must not know a book.

use crate::recording::LineFault;
use crate::recording::lines::{field_fault, fields, whole_number};
use matchgate_core::domain::{Price, Side};

/// 1e-9 price units in one of LOBSTER's, which are 1e-4.
const PRICE_UNITS: i64 = Price::ONE / 10_000;
const FIELD_COUNT: usize = 6;
const NANOSECONDS_DIGITS: usize = 9;
const NANOSECONDS_PER_SECOND: u64 = 1_000_000_000;

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum MessageType {
    /// A limit order came into the book.
    Add = 1,
    /// Part of an order was canceled.
    PartialCancel = 2,
    /// What was left of an order was canceled.
    Delete = 3,
    /// A displayed order traded.
    Execution = 4,
    /// A hidden order traded.
    HiddenExecution = 5,
    /// An auction traded.
    Cross = 6,
    /// Trading halted or went on.
    Halt = 7,
}

impl MessageType {
    /// Every type, in the order of its number.
    pub const ALL: [Self; 7] = [
        Self::Add,
        Self::PartialCancel,
        Self::Delete,
        Self::Execution,
        Self::HiddenExecution,
        Self::Cross,
        Self::Halt,
    ];

    /// Returns the number in the second column.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// Returns the place of this type in [`Self::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.number() - 1)
    }

    fn from_number(number: i64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| i64::from(kind.number()) == number)
    }

    /// Returns whether the message is about a quantity at a price: all but cross and halt.
    const fn has_order(self) -> bool {
        !matches!(self, Self::Cross | Self::Halt)
    }
}

/// One message. Of a cross or a halt only the time and the type mean anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Nanoseconds after midnight.
    pub time_ns: u64,
    /// What it tells.
    pub kind: MessageType,
    /// The order; 0 where it was hidden.
    pub id: u64,
    /// Shares; above 0.
    pub quantity: u64,
    /// Price in 1e-9 units; above 0.
    pub price: Price,
    /// Side of the resting order.
    pub side: Side,
}

impl Message {
    /// Reads one line.
    ///
    /// # Errors
    ///
    /// Returns the first field that cannot be read.
    pub fn parse(line: &[u8]) -> Result<Self, LineFault> {
        let mut columns = [&line[..0]; FIELD_COUNT];
        let mut found = 0;
        for (at, field) in fields(line).enumerate() {
            found = at + 1;
            if let Some(column) = columns.get_mut(at) {
                *column = field;
            }
        }
        if found != FIELD_COUNT {
            return Err(LineFault::FieldCount {
                expected: FIELD_COUNT,
                found,
            });
        }
        let [time, kind_text, id, size, price, side] = columns;
        let time_ns = parse_time(time)
            .ok_or_else(|| field_fault("time", time, "is no time of day in seconds"))?;
        let kind = MessageType::from_number(whole_number("type", kind_text)?)
            .ok_or_else(|| field_fault("type", kind_text, "is none of 1 to 7"))?;
        if !kind.has_order() {
            return Ok(Self::without_order(time_ns, kind));
        }
        let quantity = u64::try_from(whole_number("size", size)?)
            .ok()
            .filter(|&quantity| quantity > 0)
            .ok_or_else(|| field_fault("size", size, "is not above 0"))?;
        Ok(Self {
            time_ns,
            kind,
            id: u64::try_from(whole_number("order id", id)?)
                .map_err(|_| field_fault("order id", id, "is below 0"))?,
            quantity,
            price: parse_price("price", price)?,
            side: match whole_number("direction", side)? {
                1 => Side::Buy,
                -1 => Side::Sell,
                _ => return Err(field_fault("direction", side, "is neither 1 nor -1")),
            },
        })
    }

    const fn without_order(time_ns: u64, kind: MessageType) -> Self {
        Self {
            time_ns,
            kind,
            id: 0,
            quantity: 0,
            price: Price::new(0),
            side: Side::Buy,
        }
    }
}

/// Returns the price of a field in 1e-9 units.
///
/// # Errors
///
/// Returns a fault that names `field` where there is no price above 0.
pub(crate) fn parse_price(field: &str, text: &[u8]) -> Result<Price, LineFault> {
    let raw = whole_number(field, text)?;
    if raw <= 0 {
        return Err(field_fault(field, text, "is not above 0"));
    }
    raw.checked_mul(PRICE_UNITS)
        .map(Price::new)
        .ok_or_else(|| field_fault(field, text, "is too large for a price"))
}

/// Returns seconds with decimals as nanoseconds, rounded to the nearest: some recordings were
/// written from binary floats, which leave further decimals.
fn parse_time(text: &[u8]) -> Option<u64> {
    const ROUNDED_DIGIT: u8 = b'5';
    let text = std::str::from_utf8(text).ok()?;
    let (seconds, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.is_empty() || !digits(seconds) || !digits(decimals) {
        return None;
    }
    let mut nanoseconds = 0_u64;
    for place in 0..NANOSECONDS_DIGITS {
        let digit = decimals
            .as_bytes()
            .get(place)
            .map_or(0, |digit| digit - b'0');
        nanoseconds = nanoseconds * 10 + u64::from(digit);
    }
    let rest = decimals.as_bytes().get(NANOSECONDS_DIGITS);
    let up = rest.is_some_and(|&digit| digit >= ROUNDED_DIGIT);
    seconds
        .parse::<u64>()
        .ok()?
        .checked_mul(NANOSECONDS_PER_SECOND)?
        .checked_add(nanoseconds + u64::from(up))
}
