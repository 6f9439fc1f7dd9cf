//! Gateway log records, byte by byte.

use matchgate_core::domain::bounds::SHARDS_MAX;
use matchgate_core::domain::{
    AccountId, Durability, Epoch, InstrumentId, MassCancelScope, RequestNumber, RingNumber,
    SequenceNumber, SessionId, ShardId,
};

use crate::gateway_log::{
    GatewayRecord, MassCancelFilter, Recovered, Released, Reserve, Routed, RoutedAll, RunClass,
    ShardRing,
};

fn bytes(record: &GatewayRecord) -> Vec<u8> {
    record.with_parts(|parts| parts.concat())
}

#[test]
fn records_have_their_published_bytes() {
    let routed = GatewayRecord::Routed(Routed {
        request: RequestNumber(1),
        ring: RingNumber(2),
        session: SessionId(3),
        shard: ShardId(4),
        reserved: [0; 3],
    });
    let golden = "010000000000000002000000000000000300000004000000";
    assert_eq!(
        (routed.kind_byte(), hex(&bytes(&routed))),
        (4, golden.into())
    );
    let released = GatewayRecord::Released(Released {
        sequence: SequenceNumber(5),
        index: 6,
        leg_count: 7,
        shard: ShardId(8),
        class: RunClass::Synced,
        reserved: [0; 6],
    });
    let golden = "050000000000000006000000070000000802000000000000";
    assert_eq!(
        (released.kind_byte(), hex(&bytes(&released))),
        (7, golden.into())
    );
    let reserve = GatewayRecord::Reserve(Reserve {
        through: 0x1_0000,
        session: SessionId(9),
        reserved: [0; 4],
    });
    let golden = "00000100000000000900000000000000";
    assert_eq!(
        (reserve.kind_byte(), hex(&bytes(&reserve))),
        (3, golden.into())
    );
}

#[test]
fn records_of_many_shards_hold_one_entry_each() {
    let mut shards = [ShardRing::default(); SHARDS_MAX];
    shards[0].ring = RingNumber(11);
    shards[1].ring = RingNumber(12);
    shards[1].shard = ShardId(1);
    let all = GatewayRecord::RoutedAll(RoutedAll {
        request: RequestNumber(1),
        session: SessionId(2),
        filter: MassCancelFilter {
            account: AccountId(3),
            instrument: InstrumentId(4),
            scope: MassCancelScope::Account,
            instrument_given: 1,
            side: 2,
            durability: Durability::Synced,
        },
        shard_count: 2,
        shards,
    });
    assert_eq!(bytes(&all).len(), 24 + 2 * 16);
    assert_eq!(GatewayRecord::decode(5, &bytes(&all)), Ok(all));
    let recovered = GatewayRecord::Recovered(Recovered {
        epoch: Epoch(3),
        power_lost: true,
        shard_count: 64,
        rings: [RingNumber(9); SHARDS_MAX],
    });
    assert_eq!(bytes(&recovered).len(), 8 + 64 * 8);
    assert_eq!(GatewayRecord::decode(8, &bytes(&recovered)), Ok(recovered));
}

#[test]
fn bytes_that_are_no_record_are_refused() {
    assert!(GatewayRecord::decode(0, &[]).is_err());
    assert!(GatewayRecord::decode(4, &[0; 23]).is_err());
    assert!(
        GatewayRecord::decode(7, &[9; 24]).is_err(),
        "there is no run class 9"
    );
    assert!(GatewayRecord::decode(8, &[0; 8 + 65 * 8]).is_err());
    assert!(GatewayRecord::decode(8, &[0; 8 + 7]).is_err());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
