//! The ceiling of HTTP rows: a server that reads each body and answers 200, with no work between;
//! the answer has as many bytes as it was told.
//!
//! The same HTTP library, runtime and process boundary as the product's. It runs as a child of the
//! benchmark, and says where it listens in the form of the product's log lines.

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::output;

/// The message of the line that says where it listens.
pub const LISTENS: &str = "echo listens";

/// Serves until the process is ended.
pub async fn serve(answer_bytes: usize) -> anyhow::Result<()> {
    let answer = Bytes::from(vec![b' '; answer_bytes]);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    output::say(&json!({ "message": LISTENS, "address": address.to_string() }).to_string());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(connection(stream, answer.clone()));
    }
}

async fn connection(stream: TcpStream, answer: Bytes) {
    let echo = service_fn(|request| echo(request, answer.clone()));
    let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), echo);
    // The sender closes when it has enough.
    let _closed = serving.await;
}

async fn echo(
    request: Request<Incoming>,
    answer: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // A body that breaks off ends its connection; the sender reports it.
    let _read = request.into_body().collect().await;
    Ok(Response::new(Full::new(answer)))
}
