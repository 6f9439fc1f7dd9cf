//! Sample publications for the tests of this crate.

use matchgate_core::domain::{
    ClientOrderId, Epoch, EventId, InstrumentId, Name, OrderId, OrderType, Price, Quantity,
    RequestNumber, SequenceNumber, SessionId, ShardId, Side, Symbol, TimeInForce,
};
use matchgate_follower::publication::{
    Execution, ExecutionKind, Fill, Party, Product, Publication, PublicationBody,
};

fn publication(sequence: u64, body: PublicationBody) -> Publication {
    Publication {
        id: EventId {
            epoch: Epoch(2),
            shard: ShardId(1),
            sequence: SequenceNumber(sequence),
            index: 3,
        },
        time_ns: 1_700_000_000_123_456_789,
        body,
    }
}

fn product(symbol: &str) -> Product {
    Product {
        instrument: InstrumentId(4),
        symbol: Symbol::new(symbol.as_bytes()).unwrap(),
        quantity_exponent: -8,
        tick: Price::new(10_000_000),
        lot: Quantity::new(1_000),
    }
}

fn party(account: &str, sequence: u64) -> Party {
    Party {
        order_id: OrderId::of(ShardId(1), SequenceNumber(sequence)),
        account: Name::new(account.as_bytes()).unwrap(),
        client_order_id: ClientOrderId::new(b"c-1").unwrap(),
        session: SessionId(7),
        order_request: RequestNumber(11),
    }
}

/// Returns a fill of 1.5 at 101.25 in `symbol`.
pub(crate) fn fill(sequence: u64, symbol: &str) -> Publication {
    let fill = Fill {
        product: product(symbol),
        price: Price::new(101_250_000_000),
        quantity: Quantity::new(150_000_000),
        aggressor_side: Side::Sell,
        aggressor: party("alpha", sequence),
        resting: party("beta", 1),
    };
    publication(sequence, PublicationBody::Fill(fill))
}

/// Returns what happened to an order of `account`.
pub(crate) fn execution(sequence: u64, account: &str, kind: ExecutionKind) -> Publication {
    let execution = Execution {
        product: product("BTC-USD"),
        party: party(account, 1),
        side: Side::Buy,
        order_type: OrderType::Limit,
        time_in_force: TimeInForce::Day,
        price: Price::new(101_250_000_000),
        stop_price: Price::new(0),
        display_quantity: Quantity::ZERO,
        expire_time_ns: 0,
        order_quantity: Quantity::new(200_000_000),
        cumulative: Quantity::new(150_000_000),
        leaves: Quantity::new(50_000_000),
        kind,
    };
    publication(sequence, PublicationBody::Execution(execution))
}
