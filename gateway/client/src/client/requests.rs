//! Requests: numbers them, keeps them, buffers them.

use matchgate_core::domain::{ClientOrderId, Price, Quantity, RequestNumber};
use matchgate_schema::capnp::encode_client;
use matchgate_schema::message::{
    CLIENT_FRAME_BYTES_MAX, CancelRequest, ClientMessage, MassCancelRequest, NewOrderRequest,
    OrderTarget, ReduceRequest, ReplaceRequest,
};

use super::Client;
use crate::error::ClientError;

impl Client {
    /// Numbers a new order and buffers it; `order.request` is overwritten.
    ///
    /// # Errors
    ///
    /// [`ClientError::UnacknowledgedFull`], [`ClientError::OutputFull`] and
    /// [`ClientError::Disconnected`]; then no number was given.
    pub fn new_order(&mut self, order: NewOrderRequest) -> Result<RequestNumber, ClientError> {
        self.send(ClientMessage::NewOrder(order))
    }

    /// Numbers a cancel of one order and buffers it.
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`]; [`ClientError::NamesNoOrder`].
    pub fn cancel(&mut self, target: OrderTarget) -> Result<RequestNumber, ClientError> {
        let request = RequestNumber(0);
        self.send(ClientMessage::Cancel(CancelRequest { request, target }))
    }

    /// Numbers a reduce of one order to the new total `quantity` and buffers it.
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`]; [`ClientError::NamesNoOrder`].
    pub fn reduce(
        &mut self,
        target: OrderTarget,
        quantity: Quantity,
    ) -> Result<RequestNumber, ClientError> {
        self.send(ClientMessage::Reduce(ReduceRequest {
            request: RequestNumber(0),
            target,
            quantity,
        }))
    }

    /// Numbers a replace of one order and buffers it: a new price, a new total quantity, and a new
    /// client order id unless that is empty.
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`]; [`ClientError::NamesNoOrder`].
    pub fn replace(
        &mut self,
        target: OrderTarget,
        client_order_id: ClientOrderId,
        price: Price,
        quantity: Quantity,
    ) -> Result<RequestNumber, ClientError> {
        self.replace_with(ReplaceRequest::new(target, price, quantity).with_id(client_order_id))
    }

    /// Numbers a replace of one order and buffers it, of its stop price or time in force too;
    /// `replace.request` is overwritten.
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`]; [`ClientError::NamesNoOrder`].
    pub fn replace_with(&mut self, replace: ReplaceRequest) -> Result<RequestNumber, ClientError> {
        self.send(ClientMessage::Replace(replace))
    }

    /// Numbers a mass cancel and buffers it; `scope.request` is overwritten.
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`].
    pub fn mass_cancel(&mut self, scope: MassCancelRequest) -> Result<RequestNumber, ClientError> {
        self.send(ClientMessage::MassCancel(scope))
    }

    /// Numbers any request and buffers it; the number in it is overwritten. Nothing leaves before
    /// [`Client::flush`], [`Client::poll`] or [`Client::wait`].
    ///
    /// # Errors
    ///
    /// As [`Client::new_order`]; [`ClientError::NotARequest`] for other messages and
    /// [`ClientError::NamesNoOrder`] for a target that is zero or empty.
    pub fn send(&mut self, request: ClientMessage) -> Result<RequestNumber, ClientError> {
        let target = match &request {
            ClientMessage::Cancel(body) => Some(&body.target),
            ClientMessage::Reduce(body) => Some(&body.target),
            ClientMessage::Replace(body) => Some(&body.target),
            ClientMessage::NewOrder(_) | ClientMessage::MassCancel(_) => None,
            ClientMessage::Logon(_) | ClientMessage::Heartbeat | ClientMessage::Logout => {
                return Err(ClientError::NotARequest);
            }
        };
        // The venue would end the connection over it, and over each repeat.
        if target.is_some_and(|target| !target.is_name()) {
            return Err(ClientError::NamesNoOrder);
        }
        if !self.is_connected() {
            return Err(ClientError::Disconnected);
        }
        self.check_tail()?;
        self.check_output()?;
        let number = self.next_request;
        let message = request.with_request(number);
        self.link.queue(encode_client(&message, &mut self.encoder));
        self.tail.push(number, message);
        self.next_request = RequestNumber(number.get() + 1);
        Ok(number)
    }

    pub(super) fn check_tail(&self) -> Result<(), ClientError> {
        if self.tail.is_full() {
            return Err(ClientError::UnacknowledgedFull {
                unacknowledged_max: self.options.unacknowledged_max,
            });
        }
        Ok(())
    }

    fn check_output(&self) -> Result<(), ClientError> {
        if self.link.output_bytes() + CLIENT_FRAME_BYTES_MAX > self.options.output_bytes_max {
            return Err(ClientError::OutputFull {
                output_bytes_max: self.options.output_bytes_max,
            });
        }
        Ok(())
    }
}
