//! The hub: hands publications to subscribers in this process. It never waits for one: who is slow
//! loses messages and is told how many. It must not know what a publication says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use matchgate_follower::publication::Publication;

use crate::subject::{Pattern, PatternError};

/// One message of a subscription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Messages lost right before this one, since the subscriber was slow.
    pub lost_before: u64,
    /// Where it was published.
    pub subject: Arc<str>,
    /// What was published.
    pub publication: Arc<Publication>,
}

#[derive(Debug)]
struct Subscriber {
    pattern: Pattern,
    channel: SyncSender<Delivery>,
    /// Lost since the last delivery.
    lost: u64,
    lost_total: Arc<AtomicU64>,
}

impl Subscriber {
    /// Returns whether the subscriber is still there.
    fn offer(&mut self, subject: &Arc<str>, publication: &Arc<Publication>) -> bool {
        let delivery = Delivery {
            lost_before: self.lost,
            subject: Arc::clone(subject),
            publication: Arc::clone(publication),
        };
        match self.channel.try_send(delivery) {
            Ok(()) => self.lost = 0,
            Err(TrySendError::Full(_)) => {
                self.lost += 1;
                self.lost_total.fetch_add(1, Ordering::Relaxed);
            }
            Err(TrySendError::Disconnected(_)) => return false,
        }
        true
    }
}

/// Where subscribers of this process meet publications; clones are the same hub.
#[derive(Clone, Debug, Default)]
pub struct Hub {
    subscribers: Arc<Mutex<Vec<Subscriber>>>,
}

impl Hub {
    /// Returns a hub without subscribers.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Subscribes to all subjects that meet `pattern`, from the next publication on. Up to
    /// `capacity` messages wait for the subscriber; those beyond are lost to it.
    ///
    /// # Errors
    ///
    /// Returns a [`PatternError`] where the pattern is malformed.
    pub fn subscribe(&self, pattern: &str, capacity: usize) -> Result<Subscription, PatternError> {
        let pattern = Pattern::new(pattern)?;
        // A channel without room would lose every message that is not awaited just then.
        let (channel, deliveries) = sync_channel(capacity.max(1));
        let lost_total = Arc::new(AtomicU64::new(0));
        self.lock().push(Subscriber {
            pattern,
            channel,
            lost: 0,
            lost_total: Arc::clone(&lost_total),
        });
        Ok(Subscription {
            deliveries,
            lost_total,
        })
    }

    /// Hands a publication to every subscriber whose pattern its subject meets, and forgets the
    /// subscribers that are gone.
    pub fn publish(&self, subject: &str, publication: &Publication) {
        let mut subscribers = self.lock();
        if !subscribers.iter().any(|one| one.pattern.matches(subject)) {
            return;
        }
        let subject: Arc<str> = subject.into();
        let publication = Arc::new(publication.clone());
        subscribers
            .retain_mut(|one| !one.pattern.matches(&subject) || one.offer(&subject, &publication));
    }

    /// Returns how many subscribers there are.
    #[must_use]
    pub fn subscriber_count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Subscriber>> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// The receiving end of a subscription; dropping it ends it.
#[derive(Debug)]
pub struct Subscription {
    deliveries: Receiver<Delivery>,
    lost_total: Arc<AtomicU64>,
}

impl Subscription {
    /// Returns the oldest message that waits, if there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<Delivery> {
        self.deliveries.try_recv().ok()
    }

    /// Waits up to `timeout` for a message.
    #[must_use]
    pub fn next_timeout(&self, timeout: Duration) -> Option<Delivery> {
        self.deliveries.recv_timeout(timeout).ok()
    }

    /// Returns how many messages were lost to this subscription so far.
    #[must_use]
    pub fn lost_total(&self) -> u64 {
        self.lost_total.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::fill;

    fn publish(hub: &Hub, sequences: std::ops::Range<u64>) {
        for sequence in sequences {
            hub.publish("orders.fills.ABC", &fill(sequence, "ABC"));
        }
    }

    fn next_sequence(subscription: &Subscription) -> Option<(u64, u64)> {
        let delivery = subscription.try_next()?;
        Some((delivery.lost_before, delivery.publication.id.sequence.0))
    }

    #[test]
    fn subscriber_gets_what_its_pattern_meets_in_order() {
        let hub = Hub::new();
        let fills = hub.subscribe("orders.fills.*", 8).unwrap();
        let executions = hub.subscribe("orders.exec.>", 8).unwrap();
        publish(&hub, 0..3);
        for sequence in 0..3 {
            assert_eq!(next_sequence(&fills), Some((0, sequence)));
        }
        assert_eq!(fills.try_next(), None);
        assert_eq!(executions.try_next(), None);
    }

    #[test]
    fn slow_subscriber_is_told_how_many_it_lost_and_holds_nobody_up() {
        let hub = Hub::new();
        let slow = hub.subscribe("orders.>", 2).unwrap();
        let quick = hub.subscribe("orders.>", 64).unwrap();
        publish(&hub, 0..10);
        assert_eq!(slow.lost_total(), 8);
        assert_eq!(next_sequence(&slow), Some((0, 0)));
        publish(&hub, 10..12);
        assert_eq!(next_sequence(&slow), Some((0, 1)));
        assert_eq!(next_sequence(&slow), Some((8, 10)));
        assert_eq!(next_sequence(&slow), None);
        assert_eq!(slow.lost_total(), 9);
        for sequence in 0..12 {
            assert_eq!(next_sequence(&quick), Some((0, sequence)));
        }
        assert_eq!(quick.lost_total(), 0);
    }

    #[test]
    fn dropped_subscription_is_forgotten() {
        let hub = Hub::new();
        let subscription = hub.subscribe("orders.>", 2).unwrap();
        publish(&hub, 0..1);
        assert_eq!(hub.subscriber_count(), 1);
        drop(subscription);
        publish(&hub, 1..2);
        assert_eq!(hub.subscriber_count(), 0);
    }

    #[test]
    fn malformed_pattern_subscribes_to_nothing() {
        let hub = Hub::new();
        assert!(hub.subscribe("orders..x", 2).is_err());
        assert_eq!(hub.subscriber_count(), 0);
    }
}
