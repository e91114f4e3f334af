//! A small endpoint that keeps what it is sent and answers as it is told.

use bytes::Bytes;
use counterfoil_simulator::sign;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "whsec_test_receiver";

#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: Bytes,
    pub(crate) headers: HeaderMap,
}

impl Received {
    pub(crate) fn event(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn id(&self) -> String {
        self.event()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn signature(&self) -> &str {
        self.headers["stripe-signature"].to_str().unwrap()
    }

    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let parts: Vec<(&str, &str)> =
            self.signature().split(',').filter_map(|part| part.split_once('=')).collect();
        let second = parts.iter().find(|(scheme, _)| *scheme == "t").unwrap().1.parse().unwrap();
        let expected = sign(secret, second, &self.body);
        parts.iter().any(|(scheme, value)| *scheme == "v1" && *value == expected)
    }
}

#[derive(Clone)]
pub(crate) struct Receiver {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    /// Answers the n-th request, from zero, with what `status` says; zero never answers.
    pub(crate) async fn start(status: impl Fn(usize) -> u16 + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self { address: listener.local_addr().unwrap(), received: Arc::default() };
        let status = Arc::new(status);
        let keeper = receiver.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (keeper, status) = (keeper.clone(), Arc::clone(&status));
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        keeper.clone().take(request, Arc::clone(&status))
                    });
                    let _ =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        receiver
    }

    async fn take(
        self,
        request: Request<Incoming>,
        status: Arc<impl Fn(usize) -> u16>,
    ) -> Result<Response<Full<Bytes>>, Infallible> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let number = {
            let mut received = self.received.lock().unwrap();
            received.push(Received { body, headers: parts.headers });
            received.len() - 1
        };
        let status = status(number);
        if status == 0 {
            std::future::pending::<()>().await;
        }
        let mut response = Response::new(Full::new(Bytes::from_static(b"ok")));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhooks/stripe", self.address)
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }
}
