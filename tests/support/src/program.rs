//! A program under test: a child process whose log lines can be waited for, and which can be ended
//! in every way a machine ends one.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::until::until;

/// A running child process. Dropped, it is killed.
#[derive(Debug)]
pub struct Program {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
    collecting: Option<JoinHandle<()>>,
    name: String,
}

impl Program {
    /// Starts it with nothing but this environment and the way to its libraries; its logs are JSON.
    pub fn start(
        binary: &Path,
        arguments: &[&str],
        environment: &[(String, String)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(binary)
            .args(arguments)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} cannot be started", binary.display()))?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let collecting =
            child.stderr.take().map(|it| tokio::spawn(collect(it, Arc::clone(&lines))));
        Ok(Self { child, lines, collecting, name: arguments.join(" ") })
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// What it has logged so far.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a log line with this message and answers the line; fails when the program ends
    /// first.
    pub async fn logged(&mut self, message: &str, deadline: Duration) -> anyhow::Result<Value> {
        let what = format!("`{}` logs {message:?}", self.name);
        until(&what, deadline, async || {
            for line in self.log() {
                if let Ok(line) = serde_json::from_str::<Value>(&line)
                    && line["message"] == message
                {
                    return Ok(Some(line));
                }
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("it ended ({status}): {}", self.log().join("\n"));
            }
            Ok(None)
        })
        .await
    }

    /// Waits until a service of this program says that it is ready.
    pub async fn ready(&mut self, service: &str, deadline: Duration) -> anyhow::Result<()> {
        let address = self
            .log()
            .iter()
            .filter_map(|it| serde_json::from_str::<Value>(it).ok())
            .find(|it| it["service"] == service)
            .and_then(|it| it["admin"].as_str().map(str::to_owned))
            .with_context(|| format!("`{}` runs no {service}", self.name))?;
        until(&format!("{service} is ready"), deadline, async || {
            let answer = get(&address, "/readyz").await?;
            anyhow::ensure!(answer.starts_with("HTTP/1.1 200"), "{answer}");
            Ok(Some(()))
        })
        .await
    }

    /// Waits until it ends by itself, and answers how it ended. All that it logged is there then.
    pub async fn ended(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let status = tokio::time::timeout(deadline, self.child.wait())
            .await
            .with_context(|| format!("`{}` did not end within {deadline:?}", self.name))?
            .context("the process cannot be waited for")?;
        if let Some(collecting) = self.collecting.take() {
            collecting.await?;
        }
        Ok(status)
    }

    /// SIGKILL: nothing is finished.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        self.child.kill().await.context("the process cannot be killed")
    }

    /// SIGTERM: what is in hand is finished. Answers how it ended.
    pub async fn terminate(&mut self, deadline: Duration) -> anyhow::Result<ExitStatus> {
        let id = self.child.id().context("the process has ended already")?;
        let sent = Command::new("kill").arg("-TERM").arg(id.to_string()).status().await?;
        anyhow::ensure!(sent.success(), "SIGTERM could not be sent");
        self.ended(deadline).await
    }
}

/// One GET, as bare as can be; answers everything that came back.
pub async fn get(address: &str, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn collect(from: impl AsyncRead + Unpin, lines: Arc<Mutex<Vec<String>>>) {
    let mut from = BufReader::new(from).lines();
    while let Ok(Some(line)) = from.next_line().await {
        lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// The addresses that log lines name, with what listens there.
#[must_use]
pub fn addresses(log: &[String]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for line in log.iter().filter_map(|it| serde_json::from_str::<Value>(it).ok()) {
        if let (Some(service), Some(address)) = (line["service"].as_str(), line["admin"].as_str()) {
            all.push((format!("{service}'s metrics"), format!("http://{address}/metrics")));
        }
        if line["message"] == "api listens"
            && let Some(address) = line["address"].as_str()
        {
            all.push(("api".to_owned(), format!("http://{address}")));
        }
    }
    all
}
