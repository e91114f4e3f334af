//! One of the SDKs: how it is installed, and how a program that uses it is run. It is installed
//! by the script `install`, below the target folder, once.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::process::Command;

/// What `install` ends with when the machine cannot have the SDK.
const UNAVAILABLE: i32 = 75;
/// With this value of `COUNTERFOIL_SDKS` a missing SDK is a failure.
const REQUIRED: &str = "required";
/// The module that the programs share.
const SHARED: &str = "stage";

#[derive(Clone, Copy, Debug)]
pub(crate) enum Sdk {
    Node,
    Python,
}

impl Sdk {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Node => "mjs",
            Self::Python => "py",
        }
    }

    fn home() -> &'static Path {
        Path::new(env!("CARGO_MANIFEST_DIR"))
    }

    /// Where it is installed.
    pub(crate) fn folder(self) -> PathBuf {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripe-sdks").join(self.name())
    }

    fn sources(self) -> PathBuf {
        Self::home().join(self.name())
    }

    /// The names of the programs, sorted.
    pub(crate) fn programs(self) -> Vec<String> {
        let entries = std::fs::read_dir(self.sources()).unwrap();
        let files = entries.map(|entry| entry.unwrap().path());
        let mut names: Vec<String> = files
            .filter(|path| path.extension() == Some(OsStr::new(self.extension())))
            .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
            .filter(|name| name != SHARED)
            .collect();
        names.sort();
        names
    }

    /// Installs the SDK unless it is there; false, and said aloud, when it cannot be had.
    pub(crate) async fn is_installed(self) -> bool {
        let mut install = Command::new(Self::home().join("install"));
        install.arg(self.name()).arg(self.folder()).stdin(Stdio::null());
        let output = install.output().await.expect("bash runs the script");
        if output.status.success() {
            return true;
        }
        let reason = String::from_utf8_lossy(&output.stderr);
        let is_unavailable = output.status.code() == Some(UNAVAILABLE);
        let required = std::env::var_os("COUNTERFOIL_SDKS").is_some_and(|it| it == REQUIRED);
        assert!(is_unavailable && !required, "{} SDK: {reason}", self.name());
        say(&format!("SKIPPED: Stripe's {} SDK cannot be had here: {reason}", self.name()));
        false
    }

    /// A program as a process that is told where the simulator is.
    pub(crate) fn command(self, program: &str, simulator: &str) -> Command {
        let file = self.sources().join(program).with_extension(self.extension());
        let mut command = match self {
            Self::Node => Command::new("node"),
            Self::Python => Command::new(self.folder().join("bin/python")),
        };
        command.arg(file).env("SDK_FOLDER", self.folder()).env("SIMULATOR_URL", simulator);
        // The programs call this machine only, and leave nothing beside their sources.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }
}

/// Says something that is shown also when the test passes.
pub(crate) fn say(text: &str) {
    // Nobody is left to be told when the test's own output is closed.
    let _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}
