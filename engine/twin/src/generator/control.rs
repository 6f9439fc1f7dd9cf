//! Commands about many orders, and about instruments, accounts and slots.

use matchgate_core::domain::{
    Account, AccountId, Command, DefineAccount, DefineFirm, DefineInstrument, EndDay, Firm, FirmId,
    GatewayId, Instrument, InstrumentId, LendSlots, MassCancel, MassCancelScope, Name, Phase,
    Price, Quantity, RingNumber, SessionId, SetPhase, ShardId, Symbol,
};

use super::{FARTHEST, Flow, Generator, is_huge, tick_of};
use crate::reference::Reference;

impl Generator {
    pub(super) fn mass_cancel(&mut self) -> Command {
        let scopes = [
            MassCancelScope::Session,
            MassCancelScope::Account,
            MassCancelScope::Session,
            MassCancelScope::Account,
            MassCancelScope::Instrument,
        ];
        let scope = self.random.pick(&scopes);
        let mut origin = self.origin();
        if scope == MassCancelScope::Instrument {
            origin.gateway = GatewayId::NONE;
            origin.ring = RingNumber(0);
        }
        Command::MassCancel(MassCancel {
            origin,
            session: SessionId(self.owner()),
            account: AccountId(self.owner()),
            instrument: self.instrument(),
            scope,
            instrument_given: u8::from(self.random.one_in(3)),
            side: self.random.pick(&[0, 0, 0, 1, 2, 3]),
            reserved: 0,
        })
    }

    /// Halts seldom and resumes soon, so that most of the flow meets an open market.
    pub(super) fn set_phase(&mut self, reference: &Reference) -> Command {
        let mut listings = reference.listings().iter();
        let halted = listings.find(|listing| listing.phase == Phase::Halt);
        let (instrument, phase) = match halted {
            Some(listing) if !self.random.one_in(8) => (listing.instrument.id, Phase::Continuous),
            _ if self.random.one_in(3) => (self.instrument(), Phase::Halt),
            _ => (self.instrument(), Phase::Continuous),
        };
        Command::SetPhase(SetPhase {
            control: self.next_control(),
            instrument,
            phase,
            reserved: [0; 3],
        })
    }

    pub(super) fn end_day(&mut self) -> Command {
        Command::EndDay(EndDay {
            control: self.next_control(),
            instrument: self.instrument(),
            reserved: [0; 4],
        })
    }

    pub(super) fn first_definition(&mut self, id: u32) -> Command {
        Command::DefineInstrument(DefineInstrument {
            control: self.next_control(),
            instrument: self.usual(InstrumentId(id)),
        })
    }

    /// Changes the limits of an instrument; sometimes to what no shard takes.
    pub(super) fn define_instrument(&mut self, id: u32) -> Command {
        let mut instrument = self.usual(InstrumentId(id));
        let tick = instrument.tick.get();
        if self.random.one_in(2) && self.flow != Flow::Wide {
            let near = i64::from(self.random.below_u32(3));
            instrument.price_max = Price::new((7 + near) * tick);
            instrument.price_min = Price::new(-near * tick);
        }
        if self.random.one_in(3) && self.flow == Flow::Mixed {
            instrument.quantity_max = Quantity::new(12);
            instrument.notional_max = (i128::from(30 * tick)).into();
        }
        if self.random.one_in(4) {
            instrument.quantity_min = Quantity::new(4);
        }
        if self.random.one_in(3) {
            instrument.protection = self.random.pick(&[
                Price::new(0),
                Price::new(tick + 1),
                Price::new(4 * tick),
                Price::new(i64::MAX - 1),
                Price::MAX,
            ]);
        }
        match self.random.below(40) {
            0 => instrument.tick = Price::new(0),
            1 => instrument.tick = Price::new(2 * tick),
            2 => instrument.protection = Price::new(-1),
            3 => instrument.price_min = self.random.pick(&[Price::MAX, Price::MIN]),
            4 => instrument.price_max = self.random.pick(&[Price::MAX, Price::MIN]),
            _ => {}
        }
        Command::DefineInstrument(DefineInstrument {
            control: self.next_control(),
            instrument,
        })
    }

    fn usual(&self, id: InstrumentId) -> Instrument {
        let lot = if id.get() == 1 { 2 } else { 1 };
        let tick = tick_of(id);
        let (quantity_max, notional_max) = match self.flow {
            _ if is_huge(id) => (u64::MAX, i128::MAX),
            Flow::Wide => (40, i128::MAX),
            Flow::Mixed => (40, i128::from(150 * tick)),
            Flow::Deep | Flow::Pegs => (1000, i128::from(10_000 * tick)),
        };
        let (price_min, price_max) = match self.flow {
            Flow::Wide if is_huge(id) => (-FARTHEST, FARTHEST),
            Flow::Wide => (-(tick << 32), tick << 32),
            Flow::Mixed | Flow::Deep | Flow::Pegs => (-10 * tick, 15 * tick),
        };
        let protection = match id.get() {
            0 => Price::new(2 * tick),
            1 => Price::MAX,
            _ => Price::new(tick),
        };
        Instrument {
            symbol: Symbol::new(format!("SYM{id}").as_bytes()).expect("it is a symbol"),
            id,
            shard: ShardId(if id.get() == 3 { 2 } else { 1 }),
            quantity_exponent: 0,
            reserved: [0; 2],
            tick: Price::new(tick),
            price_min: Price::new(price_min),
            price_max: Price::new(price_max),
            lot: Quantity::new(lot),
            quantity_min: Quantity::new(lot),
            quantity_max: Quantity::new(quantity_max),
            notional_max: notional_max.into(),
            protection,
        }
    }

    pub(super) fn define_account(&mut self) -> Command {
        let account = Account {
            id: AccountId(self.owner()),
            firm: FirmId(1),
            name: Name::new(b"ACCOUNT").expect("it is a name"),
            open_orders_max: self.random.below_u32(100),
        };
        Command::DefineAccount(DefineAccount {
            control: self.next_control(),
            account,
            reserved: [0; 4],
        })
    }

    pub(super) fn define_firm(&mut self) -> Command {
        let firm = Firm {
            id: FirmId(1),
            name: Name::new(b"FIRM").expect("it is a name"),
            gateway: GatewayId(0),
            reserved: [0; 3],
        };
        Command::DefineFirm(DefineFirm {
            control: self.next_control(),
            firm,
        })
    }

    pub(super) fn lend(&mut self, slot_first: u32, slot_count: u32, gateway: GatewayId) -> Command {
        let other_shard = self.control > 5 && self.random.one_in(4);
        Command::LendSlots(LendSlots {
            control: self.next_control(),
            slot_first,
            slot_count,
            shard: ShardId(if other_shard { 2 } else { 1 }),
            gateway,
            reserved: [0; 6],
        })
    }
}
