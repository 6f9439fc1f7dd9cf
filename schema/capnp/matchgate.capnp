# Matchgate over Cap'n Proto, protocol version 1.
#
# A connection carries frames in the standard stream framing of Cap'n Proto: a segment table, then
# the segments; not packed. The root of every frame of a client is a ClientFrame, that of every
# frame of the venue a ServerFrame. A frame has at most 1,024 bytes, its table included, and at
# most 4 segments. schema/docs/capnp.md is the specification of the session.
#
# Units, everywhere:
#   price      1e-9 units of the quote currency, signed: 101.25 is 101250000000
#   quantity   whole numbers of the instrument's quantity unit: 1 share, or 1e-8 bitcoin
#   time       nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted
#   text       printable ASCII (0x21 to 0x7e), its length bound given with the field
#
# Rules of evolution: a field keeps its ordinal and its meaning; new fields, enumerants and
# messages are added at the end; a field that is left out reads as its default, which means "as
# before the field was known", but for NewOrder.selfTradePrevention. A receiver ignores fields that
# it does not know. The venue refuses messages and enumerants that it does not know, and sends a
# client only messages, enumerants and codes of the protocol version that the client named in its
# logon.

@0xc781cef5017e9d04;

const protocolVersion :UInt16 = 1;
# What a client puts into Logon.protocolVersion.

struct ClientFrame {
  # One message of a client.

  union {
    unspecified @0 :Void;
    # What a frame without content reads as; refused (reason 3).

    logon @1 :Logon;
    # First message of a connection, and only there.

    heartbeat @2 :Void;
    # Shows that the client lives; due when it sent nothing else for one heartbeat interval.

    logout @3 :Void;
    # Ends the connection in good order; the venue answers with its own logout (reason 115).

    newOrder @4 :NewOrder;
    # Enters an order.

    cancel @5 :Cancel;
    # Cancels one order.

    reduce @6 :Reduce;
    # Makes one order smaller; it never loses its place.

    replace @7 :Replace;
    # Gives one order a new price, quantity, stop price or time in force.

    massCancel @8 :MassCancel;
    # Cancels many orders, stop orders that wait among them.
  }
}

struct ServerFrame {
  # One message of the venue.

  sequence @0 :UInt64;
  # Number of a numbered message, from 1, rising by one; 0 in an unnumbered one. A numbered message
  # keeps number and content for good. Numbered are execution, cancelReject, businessReject and
  # massCancel.

  resend @1 :Bool;
  # Set in a numbered message whose number was given before this logon: the client may have it.

  union {
    unspecified @2 :Void;
    # Never sent.

    logonAnswer @3 :LogonAnswer;
    # First message of the venue on a connection that it takes.

    execution @4 :ExecutionReport;
    # What happened to an order. Numbered.

    cancelReject @5 :CancelReject;
    # A cancel, reduce or replace was refused. Numbered.

    businessReject @6 :BusinessReject;
    # Another request was refused. Numbered.

    massCancel @7 :MassCancelReport;
    # A mass cancel is complete. Numbered.

    requestRepeated @8 :RequestRepeated;
    # A request that was decided before came again and changed nothing.

    heartbeat @9 :ServerHeartbeat;
    # Shows that the venue lives.

    logout @10 :ServerLogout;
    # Last message of the venue on a connection.
  }
}

enum Side {
  unspecified @0;
  # Refused in an order (reason 5); in a mass cancel: both sides.
  buy @1;
  # A bid (FIX 1).
  sell @2;
  # An offer (FIX 2).
}

enum OrderType {
  unspecified @0;
  # Refused (reason 6).
  market @1;
  # Takes what it can at once, no further from the best price than the instrument's protection; what
  # is left is canceled (cancel reason 3 or 5) (FIX 1).
  limit @2;
  # Trades at its price or better (FIX 2).
  stop @3;
  # Waits until a trade reaches its stop price, then is a market order (FIX 3).
  stopLimit @4;
  # Waits until a trade reaches its stop price, then is a limit order (FIX 4).
  marketToLimit @5;
  # Takes what is at the best price, and rests there with what is left (FIX K).
  midPeg @6;
  # Rests unseen at the middle of the best displayed prices, no further than its price (FIX P with
  # PegPriceType 2).
}

enum TimeInForce {
  unspecified @0;
  # Refused (reason 7).
  day @1;
  # Rests until filled, canceled or the end of the day (FIX 0).
  immediateOrCancel @2;
  # What does not trade at once is canceled (cancel reason 2) (FIX 3).
  goodTillCancel @3;
  # Rests until filled or canceled (FIX 1).
  fillOrKill @4;
  # Trades whole and at once, or is refused (reason 408) (FIX 4).
  goodTillDate @5;
  # Rests until filled, canceled or its expire time (FIX 6).
}

enum SelfTradePrevention {
  # What happens where an order that comes would trade with one of its own group, or of its own
  # account where it has none. The choice of the order that comes decides.
  cancelNewest @0;
  # What is left of the order that comes is canceled.
  cancelOldest @1;
  # The order in the book is canceled; the one that comes goes on.
  cancelBoth @2;
  # Both are canceled.
  decrement @3;
  # Both lose the smaller quantity; the one that has nothing left is canceled, the other reduced.
  none @4;
  # They trade.
}

enum Durability {
  # When an acknowledgement may leave.
  written @0;
  # Once the request is in the log in shared memory, which outlives the process.
  synced @1;
  # Once the request is on disk, which outlives the machine's power.
}

enum MassCancelScope {
  unspecified @0;
  # Refused (reason 12).
  session @1;
  # Orders entered over this session.
  account @2;
  # Orders of the account, over whichever session they came.
}

enum ExecType {
  # What just happened (FIX ExecType 150).
  unspecified @0;
  # Never sent.
  accepted @1;
  # The order was taken (FIX 0, New).
  canceled @2;
  # What was open is gone (FIX 4).
  replaced @3;
  # The order has a new price or quantity (FIX 5).
  rejected @4;
  # The order was refused (FIX 8).
  reduced @5;
  # The order was made smaller and kept its place.
  trade @6;
  # The order traded (FIX F).
  expired @7;
  # What was open is gone: the end of the day or its expire time has come (FIX C).
  triggered @8;
  # A trade has reached the stop price: the order goes on as what it is now (FIX L). With a
  # rejectReason it does not: its cancel follows (cancel reason 7).
  restated @9;
  # The order has changed on its own, or in more than price and quantity; restateReason says how
  # (FIX D).
  tradePrevented @10;
  # The order met one of its own group or account and did not trade; what that costs it follows.
}

enum OrderStatus {
  # Where the order stands now (FIX OrdStatus 39).
  unspecified @0;
  # Never sent.
  accepted @1;
  # Live, nothing traded (FIX 0, New).
  partiallyFilled @2;
  # Live, some traded (FIX 1).
  filled @3;
  # Ended, nothing open, not canceled (FIX 2).
  canceled @4;
  # Ended, the rest canceled (FIX 4).
  rejected @5;
  # Never was live (FIX 8).
  expired @6;
  # Ended, the rest expired (FIX C).
}

enum CancelReason {
  # Why what was open is gone.
  none @0;
  # This report is no cancel.
  requested @1;
  # Its owner asked for it.
  immediateRemainder @2;
  # Rest of an immediate-or-cancel order.
  marketRemainder @3;
  # Rest of a market order.
  massCancel @4;
  # A mass cancel took it.
  priceProtection @5;
  # Rest of a market order that met the instrument's protection before the book's end.
  selfTradePrevention @6;
  # It met, or was met by, an order of its own group or account.
  refused @7;
  # A stop order that was released was refused; the report before says why.
}

enum RestateReason {
  # What an order that is restated has anew.
  none @0;
  # This report is no restatement.
  displayRefreshed @1;
  # What was displayed is used up; the next part is, at the back of the queue.
  priceAssigned @2;
  # A market-to-limit order has its limit price now.
  termsReplaced @3;
  # A replace changed its stop price, time in force or expire time; the report before says the rest.
}

enum Liquidity {
  # Whether a fill, or a trade that was prevented, made or took liquidity (FIX LastLiquidityInd
  # 851).
  none @0;
  # This report is neither.
  added @1;
  # The order was resting.
  removed @2;
  # The order was the aggressor.
}

struct Logon {
  protocolVersion @0 :UInt16;
  # The constant protocolVersion.

  key @1 :Text;
  # Key of the session, 1 to 24 bytes.

  nextExpected @2 :UInt64;
  # Sequence of the first numbered message that the client lacks: 1 for all that are kept, 0 for
  # none older than this logon.

  durability @3 :Durability;
  # Class of the session's requests until it logs on anew.
}

struct NewOrder {
  request @0 :UInt64;
  # Number of the request, consecutive from 1 over the life of the session.

  price @1 :Int64;
  # Limit price of a limit or stop-limit order. Cap of a mid-peg: 2^63 - 1 (buy) or -2^63 (sell) for
  # none. Not read for others.

  quantity @2 :UInt64;
  # Quantity to trade.

  side @3 :Side;
  # Buy or sell.

  orderType @4 :OrderType;
  # What kind of order.

  timeInForce @5 :TimeInForce;
  # How long it lives.

  postOnly @6 :Bool;
  # Refuse the order rather than let it take (reason 403).

  symbol @7 :Text;
  # What to trade, 1 to 16 bytes.

  clientOrderId @8 :Text;
  # The client's own id, up to 36 bytes; empty where the request number is name enough.

  account @9 :Text;
  # Account, up to 24 bytes; empty for the session's default.

  stopPrice @10 :Int64;
  # Price of a trade that releases a stop or stop-limit order (FIX StopPx 99); else 0.

  displayQuantity @11 :UInt64;
  # How much of it is displayed at one time (FIX DisplayQty 1138); 0 for all.

  minimumQuantity @12 :UInt64;
  # The order is refused (reason 409) where less than this would trade at once (FIX MinQty 110); 0
  # for no minimum.

  expireTimeNs @13 :UInt64;
  # When a good-till-date order ends (FIX ExpireTime 126); else 0.

  selfTradePrevention @14 :SelfTradePrevention;
  # What happens where it meets an order of its own group or account.

  selfTradeGroup @15 :UInt16;
  # The firm's own number of a group whose orders do not trade with each other, whatever their
  # accounts; 0 for the orders of its account. Orders with a group do not meet those without as
  # their own.
}

struct Cancel {
  request @0 :UInt64;
  # Number of the request.

  target :union {
    # The order, by exactly one name.

    unspecified @1 :Void;
    # Refused (reason 11).

    request @2 :UInt64;
    # Number of the request that entered it on this session.

    clientOrderId @3 :Text;
    # Its client order id within the firm.

    orderId @4 :UInt64;
    # The venue's id.
  }
}

struct Reduce {
  request @0 :UInt64;
  # Number of the request.

  quantity @1 :UInt64;
  # New TOTAL quantity, the executed part included; at or below what is executed ends the order.

  target :union {
    # The order, by exactly one name; as in Cancel.

    unspecified @2 :Void;
    # Refused (reason 11).

    request @3 :UInt64;
    # Number of the request that entered it on this session.

    clientOrderId @4 :Text;
    # Its client order id within the firm.

    orderId @5 :UInt64;
    # The venue's id.
  }
}

struct Replace {
  request @0 :UInt64;
  # Number of the request.

  price @1 :Int64;
  # New limit price, or cap of a mid-peg; not read for a stop order.

  quantity @2 :UInt64;
  # New TOTAL quantity, the executed part included; at or below what is executed ends the order.

  target :union {
    # The order, by exactly one name; as in Cancel.

    unspecified @3 :Void;
    # Refused (reason 11).

    request @4 :UInt64;
    # Number of the request that entered it on this session.

    clientOrderId @5 :Text;
    # Its client order id within the firm.

    orderId @6 :UInt64;
    # The venue's id.
  }

  clientOrderId @7 :Text;
  # New client order id, up to 36 bytes; empty to keep the old one.

  stopPrice @8 :Int64;
  # New stop price of a stop order that waits, where changesStopPrice is set; else not read.

  expireTimeNs @9 :UInt64;
  # Expire time, where timeInForce is good-till-date; else 0.

  changesStopPrice @10 :Bool;
  # The stop price is to change.

  timeInForce @11 :TimeInForce;
  # New time in force, one that rests; unspecified to keep the old one, and its expire time.
}

struct MassCancel {
  request @0 :UInt64;
  # Number of the request.

  scope @1 :MassCancelScope;
  # Whose orders.

  side @2 :Side;
  # Only this side; unspecified: both.

  account @3 :Text;
  # The account of scope account, up to 24 bytes; empty for the session's default.

  symbol @4 :Text;
  # Only this symbol, up to 16 bytes; empty: all.
}

struct LogonAnswer {
  epoch @0 :UInt32;
  # Counts the starts of the venue; another one than before means that it was started anew.

  heartbeatIntervalMs @1 :UInt32;
  # Milliseconds between heartbeats, both ways; a peer that was silent for 2.5 of them is dead.

  replayFrom @2 :UInt64;
  # First sequence that is sent again after this answer; equals nextSequence where none is.

  nextSequence @3 :UInt64;
  # Sequence that the next message gets which has none yet.

  decidedThrough @4 :UInt64;
  # Every request up to this number is decided; 0 where none came.

  requestHighest @5 :UInt64;
  # Highest request number that the venue ever took; the next new request has one above it.

  lostFrom @6 :UInt64;
  # 0, or the first sequence whose message a power loss took: what the client holds from it on is
  # void.

  openOrdersMax @7 :UInt32;
  # Live orders that the session's default account may have.

  durability @8 :Durability;
  # Class in force.

  decidedAbove @9 :List(UInt64);
  # Bit map of at most 32 words. Bit i (bit i modulo 64 of word i / 64, the lowest first) is set
  # where request decidedThrough + 1 + i is decided. Words left out are zero. A request up to
  # requestHighest that is not decided may be sent again: it is executed where it had no effect, and
  # answered as repeated where its answer is on the way.
}

struct ExecutionReport {
  request @0 :UInt64;
  # The request that this answers; 0 where none did (a fill of a resting order, and whatever
  # happens to an order on its own).

  orderRequest @1 :UInt64;
  # The request that entered the order.

  orderId @2 :UInt64;
  # The venue's id of the order; 0 where the order was refused.

  price @3 :Int64;
  # Limit price of the order, or cap of a mid-peg; 0 where it has none.

  orderQuantity @4 :UInt64;
  # Total quantity of the order.

  cumulative @5 :UInt64;
  # What traded so far.

  leaves @6 :UInt64;
  # What is open; 0 where the order has ended.

  lastPrice @7 :Int64;
  # Price of this fill: that of the resting order. Of a prevented trade: where it would have been.

  lastQuantity @8 :UInt64;
  # Quantity of this fill, or what a prevented trade would have been; else 0.

  transactTimeNs @9 :UInt64;
  # Event time; 0 where the gateway refused the request.

  executionId :group {
    # Id of the event, also in every publication, where it is written epoch.shard.sequence.index.
    # Both sides of a trade carry the same one. All zero where the gateway refused the request.

    sequence @10 :UInt64;
    # Place of the causing command in its shard's order.

    epoch @11 :UInt32;
    # Start of the venue in which it was sequenced.

    index @12 :UInt32;
    # Counts the events of that command, from 0.

    shard @13 :UInt8;
    # The shard that sequenced it.
  }

  execType @14 :ExecType;
  # What just happened.

  orderStatus @15 :OrderStatus;
  # Where the order stands now.

  side @16 :Side;
  # Side of the order.

  orderType @17 :OrderType;
  # Type of the order.

  timeInForce @18 :TimeInForce;
  # Time in force of the order.

  liquidity @19 :Liquidity;
  # Whether this fill, or prevented trade, made or took liquidity.

  cancelReason @20 :CancelReason;
  # Why what was open is gone.

  rejectReason @21 :UInt16;
  # Code of the reason; 0 where nothing was refused.

  clientOrderId @22 :Text;
  # Client order id of the order; may be empty.

  originalClientOrderId @23 :Text;
  # The id before, where a replace gave a new one; else empty.

  account @24 :Text;
  # Account of the order.

  symbol @25 :Text;
  # Symbol of the order.

  stopPrice @26 :Int64;
  # Stop price of the order; 0 where it has none.

  displayQuantity @27 :UInt64;
  # How much of the order is displayed at one time; 0 for all.

  expireTimeNs @28 :UInt64;
  # When a good-till-date order ends; else 0.

  displayed @29 :UInt64;
  # What a restated order displays now, where the restatement says so; else 0.

  restateReason @30 :RestateReason;
  # What a restated order has anew.
}

struct CancelReject {
  # The order is as before.

  request @0 :UInt64;
  # The request refused.

  orderId @1 :UInt64;
  # The order where it is known; else 0.

  transactTimeNs @2 :UInt64;
  # Event time; 0 where the gateway refused the request.

  reason @3 :UInt16;
  # Code of the reason.

  clientOrderId @4 :Text;
  # Client order id of the order where it is known or was named; else empty.
}

struct BusinessReject {
  request @0 :UInt64;
  # The request refused.

  reason @1 :UInt16;
  # Code of the reason.
}

struct MassCancelReport {
  # The cancels themselves are execution reports that came before.

  request @0 :UInt64;
  # The request.

  transactTimeNs @1 :UInt64;
  # Event time of its last part.

  count @2 :UInt32;
  # Orders canceled by it.
}

struct RequestRepeated {
  request @0 :UInt64;
  # The request that was decided before.
}

struct ServerHeartbeat {
  nextSequence @0 :UInt64;
  # Sequence that the next message gets which has none yet. Messages below it may still be on their
  # way.

  durableThrough @1 :UInt64;
  # Every numbered message up to this one would survive a power loss.
}

struct ServerLogout {
  reason @0 :UInt16;
  # Code of the reason.
}
