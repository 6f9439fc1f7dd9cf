//! Reject reasons: one table of stable numbers, used by every protocol.
//!
//! Bands: 1-99 frame, 100-199 session and rights, 200-299 gateway risk, 300-399 instrument,
//! 400-499 book, 500-599 phase and bands, 900 and above busy and internal. A number is never used
//! again for another meaning.

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why a request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum RejectReason {
            $($(#[$doc])* $name = $code,)*
        }

        impl RejectReason {
            /// Every reason, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Returns the number that stands in journal and wire.
            #[inline]
            #[must_use]
            pub const fn code(self) -> u16 {
                self as u16
            }

            /// Returns the reason of a number, if there is one.
            #[must_use]
            pub const fn from_code(code: u16) -> Option<Self> {
                match code {
                    $($code => Some(Self::$name),)*
                    _ => None,
                }
            }

            /// Returns what a person reads.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

reasons! {
    /// The bytes are no frame of this protocol.
    MalformedFrame = 1, "malformed frame";
    /// The frame is longer than the protocol's bound.
    FrameTooLarge = 2, "frame larger than the bound";
    /// The frame holds a message that this protocol version does not know.
    UnknownMessage = 3, "unknown message";
    /// The frame was not complete in time.
    FrameTimeout = 4, "frame not complete in time";
    /// The side is neither buy nor sell.
    InvalidSide = 5, "side is neither buy nor sell";
    /// The order type is not one of the published ones.
    InvalidOrderType = 6, "unknown order type";
    /// The time in force is not one of the published ones.
    InvalidTimeInForce = 7, "unknown time in force";
    /// The client order id is too long or has bytes other than printable ASCII.
    InvalidClientOrderId = 8, "client order id is not 1 to 36 printable bytes";
    /// The symbol is empty, too long or has bytes other than printable ASCII.
    InvalidSymbol = 9, "symbol is not 1 to 16 printable bytes";
    /// The account name is too long or has bytes other than printable ASCII.
    InvalidAccount = 10, "account is not 1 to 24 printable bytes";
    /// The request names its order by none or by several of request number, client id, order id.
    InvalidTarget = 11, "order must be named by exactly one of request, client id, order id";
    /// The scope of the mass cancel is not one of the published ones.
    InvalidScope = 12, "unknown scope";
    /// Order type, time in force and conditions do not go together.
    InvalidCombination = 13, "order type, time in force and conditions do not go together";
    /// The key is empty, too long or has bytes other than printable ASCII.
    InvalidKey = 14, "key is not 1 to 24 printable bytes";
    /// The durability class or disconnect choice is not one of the published ones.
    InvalidChoice = 15, "unknown durability class, cancel-on-disconnect or self-trade prevention choice";

    /// The first message must be a logon.
    NotLoggedOn = 100, "first message must be a logon";
    /// A second logon on a session that is logged on.
    AlreadyLoggedOn = 101, "already logged on";
    /// No session has this key.
    UnknownKey = 102, "unknown key";
    /// The session is logged on over another connection.
    SessionInUse = 103, "session is in use";
    /// The request number left out a number.
    RequestGap = 104, "request number left out a number";
    /// The request number was decided before; nothing was changed by the repeat.
    RequestRepeated = 105, "request was decided before";
    /// The client expects a server sequence above the next one.
    SequenceAhead = 106, "expected sequence is above the next one";
    /// The messages asked for are older than the resend store.
    ResendUnavailable = 107, "messages asked for are no longer kept";
    /// Nothing was heard from the peer for 2.5 heartbeat intervals.
    HeartbeatTimeout = 108, "peer was silent";
    /// The peer reads too slowly.
    SlowReader = 109, "peer reads too slowly";
    /// No logon came in time.
    LogonTimeout = 110, "no logon in time";
    /// The venue is stopping.
    ShuttingDown = 111, "venue is stopping";
    /// The protocol version is not one that this venue speaks.
    ProtocolVersion = 112, "protocol version not supported";
    /// The request number is zero.
    RequestZero = 113, "request numbers start at 1";
    /// The client logged out.
    LoggedOut = 115, "logged out";
    /// Too many connections.
    ConnectionLimit = 116, "too many connections";

    /// The account is unknown or not the session's.
    UnknownAccount = 200, "account is unknown or not the session's";
    /// A live order of the firm has this client order id.
    DuplicateClientOrderId = 201, "client order id is in use";
    /// No live order of the session's firm has this name.
    UnknownOrder = 202, "unknown order";
    /// The account has as many live orders as it may have.
    OpenOrdersLimit = 203, "open order limit of the account";
    /// The gateway's share of the shard's orders is used up.
    OrderCapacity = 204, "order capacity of the gateway";

    /// No instrument has this symbol.
    UnknownSymbol = 300, "unknown symbol";
    /// The price is below the instrument's range.
    PriceBelowMinimum = 301, "price below the instrument's minimum";
    /// The price is above the instrument's range.
    PriceAboveMaximum = 302, "price above the instrument's maximum";
    /// The price is no multiple of the tick.
    PriceOffTick = 303, "price is off tick";
    /// The quantity is zero.
    QuantityZero = 304, "quantity is zero";
    /// The quantity is no multiple of the lot.
    QuantityOffLot = 305, "quantity is off lot";
    /// The quantity is below the instrument's minimum.
    QuantityBelowMinimum = 306, "quantity below the instrument's minimum";
    /// The quantity is above the instrument's maximum.
    QuantityAboveMaximum = 307, "quantity above the instrument's maximum";
    /// Price x quantity is above the instrument's maximum.
    NotionalAboveMaximum = 308, "notional above the instrument's maximum";

    /// The display quantity is above the order quantity, less than a thousandth of it, or off lot.
    DisplayQuantityInvalid = 309, "display quantity is above the quantity, too small or off lot";
    /// The minimum quantity is above the order quantity or off lot.
    MinimumQuantityInvalid = 310, "minimum quantity is above the quantity or off lot";
    /// The expire time is not after now.
    ExpireTimePassed = 311, "expire time is not after now";

    /// The order is not live: never there, filled or canceled before.
    OrderNotLive = 400, "order is not live";
    /// The slot of the handle is taken, or its generation is not above the last.
    HandleNotFree = 401, "order handle is not free";
    /// The slot of the handle is not lent to the gateway.
    SlotNotLent = 402, "order slot is not lent to the gateway";
    /// A post-only order would have taken.
    PostOnlyWouldTake = 403, "post-only order would take";
    /// A market order found nothing to trade with.
    NoLiquidity = 404, "no liquidity";
    /// A reduce that does not make the order smaller.
    ReduceNotSmaller = 405, "reduce must make the order smaller";
    /// The order id does not belong to the handle.
    OrderIdMismatch = 406, "order id does not match";
    /// The book has no room for one more price level.
    LevelCapacity = 407, "price level capacity of the book";
    /// A fill-or-kill order would not be filled whole.
    FillOrKillUnfilled = 408, "fill-or-kill order cannot be filled whole";
    /// Less than the minimum quantity would be filled.
    MinimumQuantityUnfilled = 409, "minimum quantity cannot be filled";
    /// The side has as many mid-pegged orders as it may have.
    PegCapacity = 410, "mid-peg capacity of the book";
    /// The sum of what is open at the price would not fit 64 bits.
    LevelQuantity = 411, "sum of quantities at the price is out of range";
    /// The shard has as many pairs of session and account as it has room for.
    OwnerCapacity = 412, "capacity of the shard for sessions' accounts";

    /// The instrument is halted.
    Halted = 500, "instrument is halted";

    /// A bounded queue is full; nothing was sequenced. Try again with a new request number.
    Busy = 900, "busy";
    /// The venue met an error of its own.
    Internal = 901, "internal error";
}
