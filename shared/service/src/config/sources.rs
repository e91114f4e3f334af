//! Where settings come from: the environment and files, as values.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

type ReadFile = Box<dyn Fn(&Path) -> io::Result<Vec<u8>> + Send + Sync>;

/// The environment and the files that settings are read from.
pub struct Sources {
    pub(super) environment: BTreeMap<OsString, OsString>,
    pub(super) config_argument: Option<PathBuf>,
    pub(super) read_file: ReadFile,
}

impl Sources {
    /// This process's environment and the machine's files. `config_argument` is the TOML file
    /// named on the command line, which wins over `COUNTERFOIL_CONFIG`.
    #[must_use]
    pub fn process(config_argument: Option<PathBuf>) -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            config_argument,
            read_file: Box::new(|path| std::fs::read(path)),
        }
    }

    /// Exactly these names and values, and no files; for tests and programs that set everything
    /// themselves.
    #[must_use]
    pub fn given<'a>(environment: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let environment =
            environment.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self {
            environment,
            config_argument: None,
            read_file: Box::new(|_| Err(io::Error::from(io::ErrorKind::NotFound))),
        }
    }

    /// The same with this TOML file, as if it were named on the command line.
    #[must_use]
    pub fn with_config_argument(mut self, path: PathBuf) -> Self {
        self.config_argument = Some(path);
        self
    }

    /// The same with these files instead of the machine's.
    #[must_use]
    pub fn with_files<'a>(mut self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let files: BTreeMap<PathBuf, Vec<u8>> =
            files.into_iter().map(|(path, text)| (path.into(), text.into())).collect();
        self.read_file = Box::new(move |path| {
            files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))
        });
        self
    }
}

impl fmt::Debug for Sources {
    /// Shows the names only: values may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources")
            .field("names", &self.environment.keys().collect::<Vec<_>>())
            .field("config_argument", &self.config_argument)
            .finish_non_exhaustive()
    }
}
