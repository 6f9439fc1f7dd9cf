//! Numbering, buffering and the bounds of both.

use matchgate_core::domain::{
    ClientOrderId, MassCancelScope, OrderId, Price, Quantity, RequestNumber,
};
use matchgate_schema::message::{
    CancelRequest, ClientMessage, MassCancelRequest, OrderTarget, ReduceRequest, ReplaceRequest,
};

use super::venue::{PATIENCE, Venue, first_answer, options, order, report};
use crate::{Client, ClientError, ClientOptions};

fn mass_cancel() -> MassCancelRequest {
    MassCancelRequest {
        request: RequestNumber(0),
        scope: MassCancelScope::Session,
        account: None,
        symbol: None,
        side: None,
    }
}

#[test]
fn requests_get_consecutive_numbers_and_arrive_as_they_are() {
    let venue = Venue::start(|peer| {
        let mut answer = first_answer();
        answer.decided_through = RequestNumber(40);
        answer.request_highest = RequestNumber(40);
        peer.log_on(answer);
        (0..5).map(|_| peer.read()).collect::<Vec<_>>()
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    let entered = client.new_order(order(7)).unwrap();
    assert_eq!(entered, RequestNumber(41));
    let by_request = OrderTarget::Request(entered);
    let by_id = OrderTarget::OrderId(OrderId::from_wire(99));
    let new_id = ClientOrderId::new(b"b").unwrap();
    client.reduce(by_request, Quantity::new(50)).unwrap();
    client
        .replace(by_id, new_id, Price::new(8), Quantity::new(60))
        .unwrap();
    client.cancel(by_request).unwrap();
    assert_eq!(
        client.mass_cancel(mass_cancel()).unwrap(),
        RequestNumber(45)
    );
    assert_eq!(client.unacknowledged_count(), 5);
    client.flush().unwrap();
    assert_eq!(
        venue.finish(),
        [
            ClientMessage::NewOrder(order(7)),
            ClientMessage::Reduce(ReduceRequest {
                request: RequestNumber(0),
                target: by_request,
                quantity: Quantity::new(50),
            }),
            ClientMessage::Replace(
                ReplaceRequest::new(by_id, Price::new(8), Quantity::new(60)).with_id(new_id)
            ),
            ClientMessage::Cancel(CancelRequest {
                request: RequestNumber(0),
                target: by_request,
            }),
            ClientMessage::MassCancel(mass_cancel()),
        ]
        .into_iter()
        .zip(41..)
        .map(|(message, number)| message.with_request(RequestNumber(number)))
        .collect::<Vec<_>>()
    );
}

#[test]
fn full_tail_refuses_without_giving_a_number_until_an_answer_comes() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_requests(2);
        peer.send(&report(1, 1));
        peer.read_requests(1)
    });
    let options = ClientOptions {
        unacknowledged_max: 2,
        ..options()
    };
    let (mut client, _) = Client::connect(venue.address, options).unwrap();
    client.new_order(order(1)).unwrap();
    client.new_order(order(2)).unwrap();
    assert!(matches!(
        client.new_order(order(3)),
        Err(ClientError::UnacknowledgedFull {
            unacknowledged_max: 2
        })
    ));
    assert!(client.is_connected());
    client.wait(PATIENCE).unwrap();
    assert_eq!(client.new_order(order(3)).unwrap(), RequestNumber(3));
    client.flush().unwrap();
    assert_eq!(venue.finish(), [3]);
}

#[test]
fn answer_out_of_order_frees_no_room_before_the_oldest_is_answered() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_requests(2);
        peer.send(&report(1, 2));
        peer.send(&report(2, 1));
        peer.read_to_end();
    });
    let options = ClientOptions {
        unacknowledged_max: 2,
        ..options()
    };
    let (mut client, _) = Client::connect(venue.address, options).unwrap();
    client.new_order(order(1)).unwrap();
    client.new_order(order(2)).unwrap();
    client.wait(PATIENCE).unwrap();
    assert_eq!(client.unacknowledged_count(), 1);
    assert!(client.new_order(order(3)).is_err());
    client.wait(PATIENCE).unwrap();
    assert_eq!(client.unacknowledged_count(), 0);
    client.new_order(order(3)).unwrap();
    drop(client);
    venue.finish();
}

#[test]
fn full_output_refuses_without_giving_a_number_until_it_is_flushed() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        let mut numbers = Vec::new();
        while let Some(message) = peer.read_any() {
            numbers.push(message.request().unwrap().get());
        }
        numbers
    });
    let options = ClientOptions {
        output_bytes_max: 4096,
        ..options()
    };
    let (mut client, _) = Client::connect(venue.address, options).unwrap();
    let mut sent = 0;
    let error = loop {
        match client.new_order(order(1)) {
            Ok(number) => sent = number.get(),
            Err(error) => break error,
        }
    };
    assert!(matches!(
        error,
        ClientError::OutputFull {
            output_bytes_max: 4096
        }
    ));
    client.flush().unwrap();
    assert_eq!(client.new_order(order(1)).unwrap().get(), sent + 1);
    client.flush().unwrap();
    drop(client);
    assert_eq!(venue.finish(), (1..=sent + 1).collect::<Vec<_>>());
}

#[test]
fn only_requests_are_sent_as_requests() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    assert!(matches!(
        client.send(ClientMessage::Heartbeat),
        Err(ClientError::NotARequest)
    ));
    assert_eq!(client.next_request(), RequestNumber(1));
    drop(client);
    venue.finish();
}

#[test]
fn target_that_names_no_order_is_not_sent() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
        peer.read_to_end();
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    for target in [
        OrderTarget::Request(RequestNumber(0)),
        OrderTarget::ClientOrderId(ClientOrderId::NONE),
        OrderTarget::OrderId(OrderId::NONE),
    ] {
        assert!(matches!(
            client.cancel(target),
            Err(ClientError::NamesNoOrder)
        ));
    }
    assert_eq!(client.next_request(), RequestNumber(1));
    drop(client);
    venue.finish();
}

#[test]
fn request_without_a_connection_gets_no_number() {
    let venue = Venue::start(|peer| {
        peer.log_on(first_answer());
    });
    let (mut client, _) = Client::connect(venue.address, options()).unwrap();
    venue.finish();
    assert!(client.wait(PATIENCE).is_err());
    assert!(matches!(
        client.new_order(order(1)),
        Err(ClientError::Disconnected)
    ));
    assert_eq!(client.next_request(), RequestNumber(1));
}
