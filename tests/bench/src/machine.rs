//! The machine and the programs on it: figures say nothing without them.

use std::path::Path;
use std::process::Command;

use counterfoil_support::{Database, database::setting};
use lapin::uri::AMQPUri;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What is known; empty where it is not.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    cpu: String,
    cores: usize,
    memory: String,
    kernel: String,
    load_at_start: String,
    rustc: String,
    postgres: String,
    rabbitmq: String,
    commit: String,
}

/// Asks the system and the servers. What does not answer is left empty.
pub async fn facts() -> Facts {
    Facts {
        cpu: after_colon("/proc/cpuinfo", "model name"),
        cores: std::thread::available_parallelism().map_or(0, std::num::NonZero::get),
        memory: after_colon("/proc/meminfo", "MemTotal"),
        kernel: read("/proc/sys/kernel/osrelease"),
        load_at_start: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
        rustc: said("rustc", &["--version"]),
        postgres: Database::server_version().await.unwrap_or_default(),
        rabbitmq: rabbitmq().await.unwrap_or_default(),
        commit: said("git", &["describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]),
    }
}

impl Facts {
    /// In one line.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "{} cores of {}, {} memory, Linux {}, {}, Postgres {}, RabbitMQ {}, commit {}, load {} \
             before the start",
            self.cores,
            self.cpu,
            self.memory,
            self.kernel,
            self.rustc,
            self.postgres,
            self.rabbitmq,
            self.commit,
            self.load_at_start,
        )
    }

    /// For machines.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "cpu": self.cpu,
            "cores": self.cores,
            "memory": self.memory,
            "kernel": self.kernel,
            "load_at_start": self.load_at_start,
            "rustc": self.rustc,
            "postgres": self.postgres,
            "rabbitmq": self.rabbitmq,
            "commit": self.commit,
        })
    }
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn after_colon(path: &str, name: &str) -> String {
    let text = read(path);
    let value = text.lines().find_map(|it| it.strip_prefix(name)?.split_once(':'));
    value.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let output = output.ok().filter(|it| it.status.success());
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    text.unwrap_or_default()
}

/// The version that the broker names in its greeting, which the client library keeps to itself.
async fn rabbitmq() -> Option<String> {
    let uri: AMQPUri = setting("AMQP_URL").ok()?.parse().ok()?;
    let address = (uri.authority.host.as_str(), uri.authority.port);
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(b"AMQP\x00\x00\x09\x01").await.ok()?;
    let mut greeting = vec![0; 4_096];
    let read = stream.read(&mut greeting).await.ok()?;
    version(greeting.get(..read)?)
}

/// The text under the name `version`: the name with its length, an `S`, four bytes of length.
fn version(greeting: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\x07versionS";
    let at = greeting.windows(NAME.len()).position(|it| it == NAME)? + NAME.len();
    let (length, rest) = greeting.get(at..)?.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    Some(String::from_utf8_lossy(rest.get(..length)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_found_in_the_greeting() {
        for (greeting, expected) in [
            (
                &b"..\x07productS\x00\x00\x00\x01R\x07versionS\x00\x00\x00\x043.10.."[..],
                Some("3.10"),
            ),
            (b"\x07versionS\x00\x00\x00\x09short", None),
            (b"HTTP/1.1 400", None),
        ] {
            assert_eq!(version(greeting).as_deref(), expected);
        }
    }
}
