//! A venue that was stopped in good order: what is kept, and what is said again.

use matchgate_client::{Client, ClientOptions, ClientState};
use matchgate_core::domain::{Durability, Side};
use matchgate_schema::message::{OrderTarget, Report, ServerMessage};

use crate::local_venue::{LocalVenue, SMALL};
use crate::member::Member;
use crate::trader::{PATIENCE, Trader, name, order};

/// One symbol; a session of each class.
const MARKET: &str = "[venue]\norders_per_shard_max = 16384\n\
     [[instrument]]\nsymbol = \"A\"\ntick = \"0.01\"\nprice_min = \"1\"\nprice_max = \"1000\"\n\
     [[firm]]\nname = \"F\"\n[[account]]\nname = \"F-1\"\nfirm = \"F\"\n\
     [[session]]\nkey = \"synced\"\nfirm = \"F\"\naccount = \"F-1\"\n\
     [[session]]\nkey = \"written\"\nfirm = \"F\"\naccount = \"F-1\"\n";
#[test]
fn clean_stop_and_start_keep_books_numbers_and_messages() {
    let mut venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let mut members = [
        Member::new("written", Durability::Written, &["A"], 1),
        Member::new("synced", Durability::Synced, &["A"], 2),
    ];
    members
        .iter_mut()
        .for_each(|one| one.connect(venue.address()));
    for epoch in 1..4 {
        for _ in 0..10 {
            for member in &mut members {
                member.send(50);
                member.settle();
            }
        }
        let hashes = venue.book_hashes();
        let shard = venue.venue().view().positions()[0];
        venue.restart();
        assert_eq!(venue.book_hashes(), hashes);
        assert_eq!(
            venue.venue().view().positions()[0].live_orders,
            shard.live_orders
        );
        let report = venue.venue().start_report();
        assert_eq!(report, [format!("epoch {}, after a clean stop", epoch + 1)]);
        for member in &mut members {
            // Fills that came after its last answer are heard with the rest.
            member.resume_and_compare(venue.address());
        }
    }
    for member in &mut members {
        member.settle();
        member.check_answers();
    }
    assert!(members.iter().all(|one| one.reports.len() > 1000));
}

#[test]
fn client_goes_on_behind_the_last_message_that_it_has() {
    let mut venue = LocalVenue::start(&format!("{SMALL}{MARKET}"));
    let mut trader = Trader::connect(venue.address(), "written");
    assert_eq!(trader.answer.epoch, 1);
    let first = trader.enter(order("A", Side::Buy, 1000, 5));
    let second = trader.enter(order("A", Side::Buy, 1000, 6));
    let state = trader.state();
    assert_eq!((state.next_sequence, state.next_request.get()), (3, 3));
    venue.restart();
    let options = ClientOptions::new(name("written"));
    let behind = ClientState {
        next_sequence: 2,
        ..state
    };
    let (mut client, resumption) = Client::resume(venue.address(), options, behind).unwrap();
    let answer = resumption.answer;
    assert_eq!((answer.epoch, answer.lost_from), (2, 0));
    assert_eq!((answer.replay_from, answer.next_sequence), (2, 3));
    assert_eq!(answer.request_highest.get(), 2);
    let again = client.wait(PATIENCE).unwrap();
    let expected = ServerMessage::Report {
        sequence: 2,
        resend: true,
        report: Report::Execution(second),
    };
    assert_eq!(again, Some(expected));
    let mut trader = Trader::of(client, answer);
    // Orders of the last epoch are live, by their ids and by their requests.
    trader.cancel(OrderTarget::OrderId(first.order_id));
    trader.cancel(OrderTarget::Request(second.request));
    trader.log_out();
}
