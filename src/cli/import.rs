//! `mien import`: tables of other programs as sessions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{EXIT_OK, fail};
use crate::import::{Program, import};
use crate::words::counted;

pub const EXAMPLES: &str = "\
Examples:
  mien import openface.csv --from openface --out sessions
  mien import fex.csv --from pyfeat --rate 29.97 --out sessions
  mien import export.txt --from imotions --out sessions

docs/import.md says which column becomes what. Sessions of Mien itself: mien sessions import.";

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// Tables of the other program.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Which program made them.
    #[arg(long, value_name = "PROGRAM")]
    from: From,
    /// Folder in which a session folder is made for each.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Frames a second, for tables without times.
    #[arg(long, value_name = "HZ", value_parser = super::export::parse_rate)]
    rate: Option<f64>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum From {
    /// OpenFace 2.
    #[value(name = "openface")]
    OpenFace,
    /// Py-Feat.
    #[value(name = "pyfeat")]
    PyFeat,
    /// iMotions with AFFDEX.
    #[value(name = "imotions")]
    IMotions,
}

pub fn run(args: &ImportArgs) -> u8 {
    let program = match args.from {
        From::OpenFace => Program::OpenFace,
        From::PyFeat => Program::PyFeat,
        From::IMotions => Program::IMotions,
    };
    let mut code = EXIT_OK;
    for file in &args.files {
        match import(file, program, &args.out, args.rate) {
            Ok(imported) => {
                println!("{}: {}", imported.folder.display(), counted(imported.rows, "row"));
                if imported.passed_over > 0 {
                    let rows = counted(imported.passed_over, "row");
                    eprintln!("mien: {rows} of other sensors left out");
                }
                if !imported.kept.is_empty() {
                    let columns = counted(imported.kept.len() as u64, "column");
                    eprintln!("mien: {columns} kept as {}\u{2026}", program.layout().prefix);
                }
            }
            Err(error) => code = fail(&error.to_string(), error.advice()),
        }
    }
    code
}
