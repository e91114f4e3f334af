//! What an operator types, against a stack.

use tokio::process::Command;

use crate::stack::Stack;

/// What a command said, and whether it ended well.
#[derive(Debug, Clone)]
pub struct Said {
    /// Whether it ended with success.
    pub ok: bool,
    /// What it printed.
    pub out: String,
    /// What it said beside that.
    pub err: String,
}

impl Said {
    /// What it printed; fails, with all that was said, when it did not end well.
    pub fn well(self) -> anyhow::Result<String> {
        anyhow::ensure!(self.ok, "the command failed: {}{}", self.out, self.err);
        Ok(self.out)
    }
}

impl Stack {
    /// Runs a command of the program under test in the environment of the stack's services.
    pub async fn order(&self, arguments: &[&str]) -> anyhow::Result<Said> {
        let environment = self.environment().iter().map(|(name, value)| (name, value));
        let output = Command::new(self.binary())
            .args(arguments)
            .env_clear()
            .envs(environment)
            .output()
            .await?;
        Ok(Said {
            ok: output.status.success(),
            out: String::from_utf8(output.stdout)?,
            err: String::from_utf8(output.stderr)?,
        })
    }
}
