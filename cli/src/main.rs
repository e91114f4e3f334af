//! The program; everything is in the library, so that tests can run the same as a program of theirs.

fn main() -> std::process::ExitCode {
    counterfoil_cli::main()
}
