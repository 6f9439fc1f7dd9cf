//! Which layouts the bodies of commands have in a journal, as text: whoever keeps journals tells
//! one build's from another's by it. It must not know a file.

use super::command::{
    Cancel, CommandKind, DefineAccount, DefineFirm, DefineInstrument, DefineSession, EndDay,
    LendSlots, MassCancel, NewOrder, Reduce, Replace, SetPhase, StateHashCheck, TimeAdvance,
};

/// Returns a line for each kind of command: its number, its name and the bytes of its body, to
/// which a client order id is added where a `+` stands.
///
/// A field that gets another meaning or place gets another kind, so kinds and lengths tell all.
#[must_use]
pub fn command_layouts() -> String {
    let layouts = [
        line(CommandKind::New, NewOrder::PLAIN_LENGTH, true),
        line(CommandKind::Cancel, size_of::<Cancel>(), false),
        line(CommandKind::Reduce, size_of::<Reduce>(), false),
        line(CommandKind::Replace, Replace::PLAIN_LENGTH, true),
        line(CommandKind::MassCancel, size_of::<MassCancel>(), false),
        line(CommandKind::NewWithTerms, size_of::<NewOrder>(), true),
        line(CommandKind::ReplaceWithTerms, size_of::<Replace>(), true),
        line(
            CommandKind::DefineInstrument,
            size_of::<DefineInstrument>(),
            false,
        ),
        line(CommandKind::DefineFirm, size_of::<DefineFirm>(), false),
        line(
            CommandKind::DefineAccount,
            size_of::<DefineAccount>(),
            false,
        ),
        line(
            CommandKind::DefineSession,
            size_of::<DefineSession>(),
            false,
        ),
        line(CommandKind::LendSlots, size_of::<LendSlots>(), false),
        line(CommandKind::SetPhase, size_of::<SetPhase>(), false),
        line(CommandKind::EndDay, size_of::<EndDay>(), false),
        line(CommandKind::Time, size_of::<TimeAdvance>(), false),
        line(CommandKind::StateHash, size_of::<StateHashCheck>(), false),
    ];
    layouts.concat()
}

fn line(kind: CommandKind, bytes: usize, has_id: bool) -> String {
    let id = if has_id { "+" } else { "" };
    format!("{} {kind:?} {bytes}{id}\n", kind as u8)
}
