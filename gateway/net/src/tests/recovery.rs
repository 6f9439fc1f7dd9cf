//! Recovery through the live outlet: more records than the gateway log has room for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use matchgate_core::Shard;
use matchgate_core::domain::{
    Account, AccountId, Command, ControlNumber, DefineAccount, DefineFirm, DefineSession, Epoch,
    Firm, FirmId, SessionDefinition, SessionId, ShardId,
};
use matchgate_journal::{Marks, STAGING_BYTES_MIN, StreamId, StreamWriter};
use matchgate_runtime::EventClock;
use matchgate_session::gateway_log::Reserve;
use matchgate_session::{
    GatewayCore, GatewayOptions, GatewayRecord, HashSeed, RecoveredShard, RecoveryError,
    RecoveryInput,
};

use super::venue::{CAPACITY, GATEWAY, NoHistory, name, open, open_directory, writer};
use crate::LiveOutlet;

/// Sessions that recovery has a record for, each: more than the smallest log holds of them.
const SESSIONS: u32 = 6_000;

/// A gateway log with the smallest staging, in a directory that is removed last.
struct Log {
    outlet: LiveOutlet,
    marks: Marks,
    writer_half: StreamWriter,
    folder: tempfile::TempDir,
}

fn smallest_log() -> Log {
    let folder = tempfile::tempdir().unwrap();
    let directory = open_directory(folder.path());
    let log = open(&directory, StreamId::gateway(0), STAGING_BYTES_MIN);
    let (clock, _) = EventClock::manual(1_000_000_000);
    Log {
        outlet: LiveOutlet::new(log.appender, Vec::new(), clock),
        marks: log.marks,
        writer_half: log.writer_half,
        folder,
    }
}

/// One firm with one account and very many sessions.
fn control_journal() -> impl Iterator<Item = Command> {
    let firm = Command::DefineFirm(DefineFirm {
        control: ControlNumber(1),
        firm: Firm {
            id: FirmId(0),
            name: name("firm"),
            gateway: GATEWAY,
            reserved: [0; 3],
        },
    });
    let account = Command::DefineAccount(DefineAccount {
        control: ControlNumber(2),
        account: Account {
            id: AccountId(0),
            firm: FirmId(0),
            name: name("account"),
            open_orders_max: 1,
        },
        reserved: [0; 4],
    });
    let sessions = (0..SESSIONS).map(|number| {
        Command::DefineSession(DefineSession {
            control: ControlNumber(u64::from(number) + 3),
            session: SessionDefinition {
                id: SessionId(number),
                firm: FirmId(0),
                default_account: AccountId(0),
                key: name(&format!("key-{number}")),
                resend_messages_max: 1,
            },
        })
    });
    [firm, account].into_iter().chain(sessions)
}

/// Recovers from a log in which every session has reserved numbers, and which has lost its end
/// with the power: each session goes on behind its numbers, so that each needs new ones.
fn recover(outlet: &mut LiveOutlet) -> Result<GatewayCore, RecoveryError> {
    let shard = Shard::new(ShardId(0), CAPACITY);
    let mut history = NoHistory;
    let reserve = |number| {
        let reserve = Reserve {
            through: 1 << 16,
            session: SessionId(number),
            reserved: [0; 4],
        };
        Ok((u64::from(number) + 1, GatewayRecord::Reserve(reserve)))
    };
    let input = RecoveryInput {
        options: GatewayOptions {
            hash_seed: HashSeed::fixed(0),
            ..GatewayOptions::new(GATEWAY, Epoch(1), 1)
        },
        controls: &mut control_journal(),
        log: &mut (0..SESSIONS).map(reserve),
        log_next: 1,
        shards: vec![RecoveredShard {
            shard: &shard,
            history: &mut history,
        }],
    };
    GatewayCore::recover(input, outlet)
}

#[test]
fn recovery_of_very_many_sessions_waits_for_room_in_the_smallest_log() {
    let mut log = smallest_log();
    let writer = writer(vec![log.writer_half]);
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    let running = std::thread::spawn(move || writer.run(&stopped).unwrap());
    let core = recover(&mut log.outlet).unwrap();
    let ahead = core
        .sessions()
        .filter(|session| session.next_sequence > 1 << 16)
        .count();
    assert_eq!(ahead, usize::try_from(SESSIONS).unwrap());
    assert_eq!(log.marks.written(), u64::from(SESSIONS) + 1);
    stop.store(true, Ordering::Release);
    running.join().unwrap();
}

#[test]
fn recovery_ends_where_the_log_cannot_be_written() {
    let mut log = smallest_log();
    // Of a writer that ends without an end in good order, nothing more is to be expected.
    let writer = writer(vec![log.writer_half]);
    std::fs::remove_dir_all(log.folder.path().join("data")).unwrap();
    let running = std::thread::spawn(move || writer.run(&AtomicBool::new(false)));
    let refused = recover(&mut log.outlet).err();
    assert!(
        matches!(refused, Some(RecoveryError::LogFailed(_))),
        "{refused:?}"
    );
    assert!(running.join().unwrap().is_err());
}
