//! The program under test, for tests that start and kill it as processes.

fn main() -> std::process::ExitCode {
    counterfoil_cli::main()
}
