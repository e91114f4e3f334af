//! `counterfoil inbox send`: recorded events, signed and posted as Stripe would.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use bytes::Bytes;
use counterfoil_domain::Timestamp;
use counterfoil_service::Clock;
use counterfoil_service::config::{Config, Need, Sources};
use counterfoil_stripe_wire::signature::{Secrets, sign};
use http::{Request, Uri};
use http_body_util::{BodyExt, Collected, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::args::SendArguments;
use crate::output;

struct Sent {
    file: String,
    id: String,
    status: Option<u16>,
    answer: String,
}

pub(crate) async fn run(arguments: SendArguments, sources: &Sources) -> anyhow::Result<ExitCode> {
    let config = Config::load(sources, &[Need::Endpoints])?;
    let uri: Uri = arguments.url.parse().with_context(|| format!("{} is no URL", arguments.url))?;
    anyhow::ensure!(
        uri.scheme_str() == Some("http"),
        "events are sent over plain http to an ingest of your own; {uri} is not http"
    );
    let name = uri.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let endpoint =
        config.ingest.endpoints.iter().find(|it| it.name == name).with_context(|| {
            format!("no endpoint {name:?} is configured, so nothing can be signed")
        })?;
    let secrets = Secrets::new(endpoint.secrets.iter().map(ExposeSecret::expose_secret))?;
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let clock = Clock::system();
    let mut all = Vec::with_capacity(arguments.files.len());
    for (count, file) in arguments.files.iter().enumerate() {
        let sent = send(&client, &uri, file, &secrets, clock.now()).await?;
        all.push(sent);
        output::progress(&format!("{} of {} sent", count + 1, arguments.files.len()));
    }
    output::progress_end();
    print(&all, arguments.json);
    let taken = all.iter().all(|it| it.status == Some(200));
    Ok(if taken { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn send(
    client: &Client<HttpConnector, Full<Bytes>>,
    uri: &Uri,
    file: &Path,
    secrets: &Secrets,
    now: Timestamp,
) -> anyhow::Result<Sent> {
    let body =
        tokio::fs::read(file).await.with_context(|| format!("cannot read {}", file.display()))?;
    let id = serde_json::from_slice::<Value>(&body)
        .ok()
        .and_then(|it| it["id"].as_str().map(str::to_owned))
        .unwrap_or_else(|| "-".to_owned());
    let request = Request::post(uri.clone())
        .header("content-type", "application/json; charset=utf-8")
        .header("stripe-signature", sign(&body, secrets, now))
        .body(Full::new(Bytes::from(body)))?;
    let file = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(if let Ok(response) = client.request(request).await {
        let status = response.status().as_u16();
        let answer = response.into_body().collect().await.map(Collected::to_bytes);
        let answer = String::from_utf8_lossy(&answer.unwrap_or_default()).trim().to_owned();
        Sent { file, id, status: Some(status), answer }
    } else {
        let answer = format!("nothing answers at {uri}; is `counterfoil ingest` running?");
        Sent { file, id, status: None, answer }
    })
}

fn print(all: &[Sent], as_json: bool) {
    if as_json {
        for it in all {
            let json = json!({
                "file": it.file, "id": it.id, "status": it.status, "answer": it.answer
            });
            output::line(&json.to_string());
        }
        return;
    }
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|it| {
            let status = it.status.map_or_else(|| "-".to_owned(), |it| it.to_string());
            let answer = if it.status == Some(200) { String::new() } else { it.answer.clone() };
            vec![it.file.clone(), it.id.clone(), status, answer]
        })
        .collect();
    output::table(&["FILE", "EVENT", "STATUS", "ANSWER"], &rows);
    output::line("");
    let mut counts: Vec<(Option<u16>, usize)> = Vec::new();
    for it in all {
        match counts.iter_mut().find(|(status, _)| *status == it.status) {
            Some((_, count)) => *count += 1,
            None => counts.push((it.status, 1)),
        }
    }
    let parts: Vec<String> = counts
        .iter()
        .map(|(status, count)| match status {
            Some(status) => format!("{count} × {status}"),
            None => format!("{count} × no answer"),
        })
        .collect();
    output::line(&parts.join(", "));
}
