//! One task for each transaction: it drives the stack's timers and tells the dialog what comes.

use super::dialog::Inbound;
use super::shared::{Shared, Way};
use super::stack::{
    Method, Request, Response, SipMessage, Transaction, TransactionEvent, TransactionEventSender,
    TransactionKey, TransactionRole,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Names a transaction inside its dialog.
pub(super) type Serial = u32;

/// Sends `request`; its responses come to `to`, and the last one is final: 408 for a timeout, 503 for a transport that fails.
pub(super) fn ask(
    shared: &Arc<Shared>,
    way: &Way,
    request: Request,
    serial: Serial,
    to: mpsc::Sender<Inbound>,
) {
    let shared = Arc::clone(shared);
    let way = way.clone();
    tokio::spawn(async move {
        let last = asked(&shared, &way, request, serial, &to).await;
        let _ = to.send(Inbound::Response { serial, answer: last }).await;
    });
}

/// What comes back in the end.
pub(super) enum Answer {
    /// A response of the peer.
    Response(Box<Response>),
    /// None: the code stands for the reason.
    None(u16),
}

async fn asked(
    shared: &Shared,
    way: &Way,
    request: Request,
    serial: Serial,
    to: &mpsc::Sender<Inbound>,
) -> Answer {
    let Some(stack) = shared.stack.get() else { return Answer::None(503) };
    let Ok(key) = TransactionKey::from_request(&request, TransactionRole::Client) else {
        return Answer::None(503);
    };
    let mut transaction =
        Transaction::new_client(key, request, Arc::clone(stack), Some(way.connection.clone()));
    transaction.destination = Some(way.destination());
    if transaction.send().await.is_err() {
        return Answer::None(503);
    }
    while let Some(message) = transaction.receive().await {
        let SipMessage::Response(response) = message else { continue };
        let answer = Answer::Response(Box::new(response));
        match answer.code() {
            100..200 => {
                let _ = to.send(Inbound::Response { serial, answer }).await;
            }
            _ => return answer,
        }
    }
    Answer::None(408)
}

impl Answer {
    pub(super) fn code(&self) -> u16 {
        match self {
            Self::Response(response) => response.status_code.code(),
            Self::None(code) => *code,
        }
    }

    pub(super) fn response(&self) -> Option<&Response> {
        match self {
            Self::Response(response) => Some(response),
            Self::None(_) => None,
        }
    }
}

/// The other end of a request that the peer sent. Dropping it without a final response forgets the request.
pub(super) struct Question {
    shared: Arc<Shared>,
    pub(super) serial: Serial,
    pub(super) request: Request,
    sender: TransactionEventSender,
    key: TransactionKey,
    answered: bool,
}

impl Question {
    /// Lets the transaction run; ACK, CANCEL and their absence come to `to`.
    pub(super) fn serve(
        shared: &Arc<Shared>,
        transaction: Transaction,
        serial: Serial,
        to: mpsc::Sender<Inbound>,
    ) -> Self {
        let question = Self {
            shared: Arc::clone(shared),
            serial,
            request: transaction.original.clone(),
            sender: transaction.tu_sender.clone(),
            key: transaction.key.clone(),
            answered: false,
        };
        tokio::spawn(serve(transaction, serial, to));
        question
    }

    pub(super) fn answer(&mut self, response: Response) {
        self.answered |= response.status_code.code() >= 200;
        self.shared.taps.answered(&response);
        let _ = self.sender.send(TransactionEvent::Respond(response));
    }
}

impl Drop for Question {
    fn drop(&mut self) {
        if !self.answered {
            let _ = self.sender.send(TransactionEvent::Terminate(self.key.clone()));
        }
    }
}

async fn serve(mut transaction: Transaction, serial: Serial, to: mpsc::Sender<Inbound>) {
    let mut acknowledged = false;
    while let Some(message) = transaction.receive().await {
        let SipMessage::Request(request) = message else { continue };
        let inbound = match request.method {
            Method::Ack if accepted(&transaction) => {
                acknowledged = true;
                Inbound::Acknowledged { body: super::body::description(&request, &request.body) }
            }
            Method::Cancel => Inbound::Cancelled { serial },
            _ => continue,
        };
        let _ = to.send(inbound).await;
    }
    if accepted(&transaction) && !acknowledged && transaction.original.method == Method::Invite {
        let _ = to.send(Inbound::Unacknowledged).await;
    }
}

/// Whether the last response was a 2xx: only its ACK is the dialog's, that of a refusal is the transaction's.
fn accepted(transaction: &Transaction) -> bool {
    transaction
        .last_response
        .as_ref()
        .is_some_and(|response| (200..300).contains(&response.status_code.code()))
}
