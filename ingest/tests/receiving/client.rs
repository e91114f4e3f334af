//! A client that says exactly what it is told to say.

use std::io;
use std::net::SocketAddr;

use counterfoil_domain::Timestamp;
use counterfoil_stripe_wire::signature::{Secrets, sign};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{DEADLINE, NOW, SECRET};

pub(crate) struct Client {
    stream: TcpStream,
    read: Vec<u8>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (its_name, value) = line.split_once(':')?;
            its_name.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self { stream: TcpStream::connect(address).await.unwrap(), read: Vec::new() }
    }

    /// Sends bytes; that the other side has hung up meanwhile is seen when its answer is read.
    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        let _hung_up = self.send_whole(bytes).await;
    }

    /// Sends bytes, and says whether the other side let them all be sent.
    pub(crate) async fn send_whole(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Says that nothing more comes, and goes on listening.
    pub(crate) async fn end(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next answer.
    pub(crate) async fn answer(&mut self) -> Answer {
        self.next().await.expect("the connection was closed without an answer")
    }

    /// The next answer, or `None` when the connection is closed instead.
    pub(crate) async fn next(&mut self) -> Option<Answer> {
        tokio::time::timeout(DEADLINE, self.read_answer()).await.expect("an answer comes in time")
    }

    async fn read_answer(&mut self) -> Option<Answer> {
        let end = loop {
            if let Some(at) = self.read.windows(4).position(|it| it == b"\r\n\r\n") {
                break at + 4;
            }
            if !self.more().await {
                assert!(self.read.is_empty(), "half an answer");
                return None;
            }
        };
        let head = String::from_utf8(self.read.drain(..end).collect()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let mut answer = Answer { status, head, body: String::new() };
        let length: usize = answer.header("content-length").map_or(0, |it| it.parse().unwrap());
        while self.read.len() < length {
            assert!(self.more().await, "half a body");
        }
        answer.body = String::from_utf8(self.read.drain(..length).collect()).unwrap();
        Some(answer)
    }

    async fn more(&mut self) -> bool {
        let mut bytes = [0; 4_096];
        let count = self.stream.read(&mut bytes).await.unwrap_or(0);
        self.read.extend_from_slice(&bytes[..count]);
        count > 0
    }
}

/// An ordinary event.
pub(crate) fn event(id: &str) -> Vec<u8> {
    format!(
        r#"{{"id":"{id}","object":"event","api_version":"2026-10-28.endive","created":{NOW},"type":"customer.subscription.updated","livemode":false,"data":{{"object":{{"id":"sub_1","object":"subscription"}}}}}}"#
    )
    .into_bytes()
}

/// The signature header of a body, made now with the usual secret.
pub(crate) fn signature(body: &[u8]) -> String {
    signature_with(SECRET, NOW, body)
}

pub(crate) fn signature_with(secret: &str, at: i64, body: &[u8]) -> String {
    sign(body, &Secrets::new([secret]).unwrap(), Timestamp::from_unix_seconds(at).unwrap())
}

/// A request with a line, header lines and a body; its length is announced unless it is chunked.
pub(crate) fn request(line: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{line}\r\nhost: ingest\r\n");
    for header in headers {
        bytes.push_str(header);
        bytes.push_str("\r\n");
    }
    let framed = headers.iter().any(|it| it.starts_with("transfer-encoding"));
    if !framed && headers.iter().all(|it| !it.starts_with("content-length")) {
        bytes.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    bytes.push_str("\r\n");
    let mut bytes = bytes.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) const POST: &str = "POST /webhooks/stripe HTTP/1.1";

/// A delivery of a body as Stripe makes it.
pub(crate) fn delivery(body: &[u8]) -> Vec<u8> {
    signed(POST, &[], body)
}

/// A correctly signed request with further header lines.
pub(crate) fn signed(line: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let signature = format!("stripe-signature: {}", signature(body));
    let mut headers = headers.to_vec();
    headers.push(&signature);
    request(line, &headers, body)
}
