//! The audience of an event: which gateways are told of it, and whether its report waits for the
//! disk. Pure; it must not know rings.

use matchgate_core::domain::{Durability, EventBody, GatewayId, Origin};

/// Who is told of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Nobody.
    Nobody,
    /// One gateway.
    One(GatewayId),
    /// Two gateways, which are not the same.
    Two(GatewayId, GatewayId),
}

impl Audience {
    const fn of_optional(gateway: Option<GatewayId>) -> Self {
        match gateway {
            Some(gateway) => Self::One(gateway),
            None => Self::Nobody,
        }
    }
}

/// Returns who is told: of an order the gateway to which its slot is lent, of an answer the one
/// that asked. `owner_of` tells to whom a slot is lent.
#[inline]
pub(crate) fn audience(
    body: &EventBody,
    origin: Option<&Origin>,
    owner_of: impl Fn(u32) -> Option<GatewayId>,
) -> Audience {
    match body {
        EventBody::Accepted { handle, .. }
        | EventBody::Reduced { handle, .. }
        | EventBody::Replaced { handle, .. }
        | EventBody::Canceled { handle, .. }
        | EventBody::Expired { handle, .. }
        | EventBody::Triggered { handle, .. }
        | EventBody::Restated { handle, .. }
        | EventBody::TermsReplaced { handle, .. } => Audience::of_optional(owner_of(handle.slot)),
        EventBody::Traded {
            aggressor, resting, ..
        }
        | EventBody::SelfTradePrevented {
            aggressor, resting, ..
        } => match (owner_of(aggressor.slot), owner_of(resting.slot)) {
            (Some(one), Some(other)) if one != other => Audience::Two(one, other),
            (Some(one), _) => Audience::One(one),
            (None, other) => Audience::of_optional(other),
        },
        EventBody::Rejected { .. }
        | EventBody::CancelRejected { .. }
        | EventBody::MassCanceled { .. } => {
            let asking = origin.map(|origin| origin.gateway);
            Audience::of_optional(asking.filter(|&gateway| gateway != GatewayId::NONE))
        }
        // Gateways hear of control from the control journal, not from shards.
        EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => Audience::Nobody,
    }
}

/// Returns whether a report of the event waits until its command is on disk.
#[inline]
pub(crate) fn needs_sync(body: &EventBody) -> bool {
    match body {
        EventBody::Accepted { durability, .. }
        | EventBody::Rejected { durability, .. }
        | EventBody::Reduced { durability, .. }
        | EventBody::Replaced { durability, .. }
        | EventBody::Canceled { durability, .. }
        | EventBody::Expired { durability, .. }
        | EventBody::Triggered { durability, .. }
        | EventBody::Restated { durability, .. }
        | EventBody::TermsReplaced { durability, .. }
        | EventBody::CancelRejected { durability, .. }
        | EventBody::MassCanceled { durability, .. } => *durability == Durability::Synced,
        EventBody::Traded {
            aggressor_durability,
            resting_durability,
            ..
        }
        | EventBody::SelfTradePrevented {
            aggressor_durability,
            resting_durability,
            ..
        } => {
            *aggressor_durability == Durability::Synced || *resting_durability == Durability::Synced
        }
        EventBody::PhaseChanged { .. }
        | EventBody::InstrumentChanged { .. }
        | EventBody::AccountChanged { .. }
        | EventBody::HashRecord { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use matchgate_core::domain::{
        OrderHandle, Price, Quantity, RejectReason, RequestNumber, RestateReason, RingNumber,
        SessionId, TimeInForce,
    };

    use super::*;

    /// Ten slots for each of two gateways.
    fn owner_of(slot: u32) -> Option<GatewayId> {
        match slot {
            0..10 => Some(GatewayId(0)),
            10..20 => Some(GatewayId(1)),
            _ => None,
        }
    }

    const fn handle(slot: u32) -> OrderHandle {
        OrderHandle {
            slot,
            generation: 1,
        }
    }

    const fn origin(gateway: GatewayId) -> Origin {
        Origin {
            ring: RingNumber(1),
            request: RequestNumber(1),
            session: SessionId(0),
            gateway,
            durability: Durability::Written,
            reserved: [0; 2],
        }
    }

    fn trade(aggressor: u32, resting: u32) -> EventBody {
        EventBody::Traded {
            aggressor: handle(aggressor),
            resting: handle(resting),
            price: Price::new(1),
            quantity: Quantity::new(1),
            aggressor_durability: Durability::Written,
            resting_durability: Durability::Synced,
        }
    }

    #[test]
    fn trade_is_told_to_both_gateways_once_each() {
        let told = |aggressor, resting| {
            let from = origin(GatewayId(0));
            audience(&trade(aggressor, resting), Some(&from), owner_of)
        };
        assert_eq!(told(1, 11), Audience::Two(GatewayId(0), GatewayId(1)));
        assert_eq!(told(1, 2), Audience::One(GatewayId(0)));
    }

    #[test]
    fn cancel_by_an_operator_is_told_to_the_owner_and_its_refusal_to_nobody() {
        let from = origin(GatewayId::NONE);
        let canceled = EventBody::Canceled {
            handle: handle(12),
            quantity: Quantity::new(1),
            reason: matchgate_core::domain::CancelReason::Requested,
            durability: Durability::Written,
        };
        let told = audience(&canceled, Some(&from), owner_of);
        assert_eq!(told, Audience::One(GatewayId(1)));
        let refused = EventBody::CancelRejected {
            handle: handle(12),
            reason: RejectReason::OrderNotLive,
            durability: Durability::Written,
        };
        assert_eq!(audience(&refused, Some(&from), owner_of), Audience::Nobody);
    }

    #[test]
    fn refusal_is_told_to_who_asked_whoever_owns_the_slot() {
        let from = origin(GatewayId(0));
        let rejected = EventBody::Rejected {
            handle: handle(12),
            reason: RejectReason::SlotNotLent,
            durability: Durability::Written,
        };
        let told = audience(&rejected, Some(&from), owner_of);
        assert_eq!(told, Audience::One(GatewayId(0)));
    }

    #[test]
    fn prevented_trade_is_told_to_both_gateways_and_waits_as_a_trade_does() {
        let prevented = EventBody::SelfTradePrevented {
            aggressor: handle(1),
            resting: handle(11),
            price: Price::new(1),
            quantity: Quantity::new(1),
            aggressor_durability: Durability::Written,
            resting_durability: Durability::Synced,
        };
        let from = origin(GatewayId(0));
        let told = audience(&prevented, Some(&from), owner_of);
        assert_eq!(told, Audience::Two(GatewayId(0), GatewayId(1)));
        assert!(needs_sync(&prevented));
    }

    #[test]
    fn what_happens_to_an_order_on_its_own_is_told_to_its_owner_alone() {
        let (handle, durability) = (handle(12), Durability::Synced);
        let quantity = Quantity::new(1);
        let bodies = [
            EventBody::Expired {
                handle,
                quantity,
                durability,
            },
            EventBody::Triggered {
                handle,
                refused: None,
                durability,
            },
            EventBody::Restated {
                handle,
                price: Price::new(1),
                displayed: quantity,
                reason: RestateReason::DisplayRefreshed,
                durability,
            },
            EventBody::TermsReplaced {
                handle,
                stop_price: Price::new(1),
                expire_time_ns: 0,
                time_in_force: TimeInForce::Gtc,
                durability,
            },
        ];
        for body in bodies {
            let from = origin(GatewayId(0));
            let told = audience(&body, Some(&from), owner_of);
            assert_eq!(told, Audience::One(GatewayId(1)), "{body:?}");
            assert!(needs_sync(&body), "{body:?}");
        }
    }

    #[test]
    fn trade_waits_for_the_disk_where_either_order_does() {
        assert!(needs_sync(&trade(1, 2)));
    }
}
