//! Parses, runs, exits.

fn main() -> std::process::ExitCode {
    mien::cli::run()
}
