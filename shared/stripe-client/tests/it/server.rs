//! A server of a few fixed answers.

use std::collections::BTreeMap;
use std::time::Duration;

use counterfoil_stripe_client::{ClientOptions, StripeClient};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The second that every answer is dated with.
pub(crate) const DATE: i64 = 784_111_777;

/// A client of a server that gives these answers to these paths, and to any other what Stripe gives
/// to an address it does not know.
pub(crate) async fn client(answers: &[(&str, u16, Value)]) -> StripeClient {
    let answers: BTreeMap<String, (u16, String)> = answers
        .iter()
        .map(|(path, status, body)| ((*path).to_owned(), (*status, body.to_string())))
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            answer(connection, &answers).await;
        }
    });
    let options = ClientOptions {
        base,
        key: "sk_test_1".into(),
        account: None,
        version: None,
        timeout: Duration::from_secs(10),
    };
    StripeClient::new(options).unwrap()
}

async fn answer(mut connection: TcpStream, answers: &BTreeMap<String, (u16, String)>) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if connection.read(&mut byte).await.unwrap_or(0) == 0 {
            return;
        }
        request.extend(byte);
    }
    let request = String::from_utf8(request).unwrap();
    let path = request.split(' ').nth(1).unwrap();
    let unknown = r#"{"error":{"message":"Unrecognized request URL"}}"#;
    let (status, body) =
        answers.get(path).map_or((404, unknown), |(status, body)| (*status, body.as_str()));
    let reply = format!(
        "HTTP/1.1 {status} .\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.write_all(reply.as_bytes()).await.unwrap();
}
