//! Where the demo's services listen: at their usual addresses where those are free, else anywhere.

use std::net::{SocketAddr, TcpListener};

const USUAL: [(&str, &str); 6] = [
    ("COUNTERFOIL_INGEST_LISTEN", "127.0.0.1:8080"),
    ("COUNTERFOIL_API_LISTEN", "127.0.0.1:8081"),
    ("COUNTERFOIL_ADMIN_INGEST_LISTEN", "127.0.0.1:9101"),
    ("COUNTERFOIL_ADMIN_WORKER_LISTEN", "127.0.0.1:9102"),
    ("COUNTERFOIL_ADMIN_RECONCILER_LISTEN", "127.0.0.1:9103"),
    ("COUNTERFOIL_ADMIN_API_LISTEN", "127.0.0.1:9104"),
];

/// The settings of all listeners.
pub(crate) fn environment() -> Vec<(String, String)> {
    USUAL.iter().map(|(name, usual)| ((*name).to_owned(), free(usual))).collect()
}

fn free(usual: &str) -> String {
    let is_free = usual.parse::<SocketAddr>().is_ok_and(|it| TcpListener::bind(it).is_ok());
    if is_free { usual.to_owned() } else { "127.0.0.1:0".to_owned() }
}
