//! `mien export`: sessions in the formats of other programs.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::passphrase::{Opener, PassphraseArgs};
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, fail, sessions};
use crate::export::{ExportError, Format, Source, TableOptions};

pub const EXAMPLES: &str = "\
Examples:
  mien export SESSION --to csv --rate 30       30 rows a second, whatever the camera did
  mien export A B --to csv --long --out tables a folder with a table for each
  mien export SESSION --to csv --decimal-comma --bom   for Excel in many countries
  mien export SESSION --to srt --out film.srt  labels as captions
  mien export SESSION --to eaf                 for ELAN
  mien export SESSION --to bids --out events   events.tsv and what its columns mean

SESSION is a session folder, or the name of one where the window keeps them. docs/export.md says
what stands in each format.";

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[arg(required = true, value_name = "SESSION")]
    sessions: Vec<PathBuf>,
    /// What they become.
    #[arg(long, value_name = "FORMAT")]
    to: To,
    /// A folder, in which each session gets a file of its name; or the file of one session.
    #[arg(long, value_name = "PATH", default_value = ".")]
    out: PathBuf,
    /// Replace files that are there.
    #[arg(long)]
    force: bool,
    /// csv: one row for each number.
    #[arg(long)]
    long: bool,
    /// csv: so many rows a second for each face.
    #[arg(long, value_name = "HZ", value_parser = parse_rate)]
    rate: Option<f64>,
    /// csv: numbers with a comma, and `;` between cells.
    #[arg(long)]
    decimal_comma: bool,
    /// csv: a byte order mark, by which Excel knows UTF-8.
    #[arg(long)]
    bom: bool,
    #[command(flatten)]
    passphrase: PassphraseArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum To {
    /// A table of readings.
    Csv,
    /// The same with types, compressed, for DuckDB, pandas, Polars and R.
    Parquet,
    /// Captions of labels (WebVTT).
    Vtt,
    /// Captions of labels (SubRip).
    Srt,
    /// Annotations for ELAN.
    Eaf,
    /// Events of the Brain Imaging Data Structure.
    Bids,
}

impl To {
    fn format(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Parquet => Format::Parquet,
            Self::Vtt => Format::Vtt,
            Self::Srt => Format::Srt,
            Self::Eaf => Format::Eaf,
            Self::Bids => Format::Bids,
        }
    }
}

pub(super) fn parse_rate(text: &str) -> Result<f64, String> {
    let (low, high) = TableOptions::RATES;
    let rate = text.parse().ok().filter(|rate| (low..=high).contains(rate));
    rate.ok_or_else(|| format!("{text} is no rate from {low} to {high} a second"))
}

pub fn run(args: &ExportArgs) -> u8 {
    let options = TableOptions {
        long: args.long,
        rate_hz: args.rate,
        decimal_comma: args.decimal_comma,
        bom: args.bom,
    };
    if args.to != To::Csv && options != TableOptions::default() {
        fail(
            "--long, --rate, --decimal-comma and --bom are for tables",
            "Leave them, or say --to csv.",
        );
        return EXIT_USAGE;
    }
    let into_folder = args.sessions.len() > 1 || args.out.is_dir();
    if into_folder && let Err(error) = fs::create_dir_all(&args.out) {
        return fail(
            &format!("{} can't be made: {error}", args.out.display()),
            "Name another folder with --out.",
        );
    }
    let (format, now) = (args.to.format(), Timestamp::now());
    let (mut taken, opener) = (Vec::new(), Opener::new(&args.passphrase));
    let mut code = EXIT_OK;
    for session in &args.sessions {
        let source = sessions::located(session).and_then(|folder| {
            Source::of(opener.open(&folder)?)
                .map_err(|error| (error.to_string(), ExportError::Read(error).advice()))
        });
        let source = match source {
            Ok(source) => source,
            Err((message, advice)) => {
                code = fail(&message, advice);
                continue;
            }
        };
        for problem in source.problems() {
            eprintln!("mien: {}: {problem}", session.display());
        }
        let path =
            if into_folder { args.out.join(source.file_name(format)) } else { args.out.clone() };
        // Two sessions of one name, from two folders, must not replace each other.
        let in_the_way = taken.contains(&path) || (path.exists() && !args.force);
        let written = if in_the_way {
            Err(ExportError::Exists { path })
        } else {
            source.export(format, &options, &path, now)
        };
        match written {
            Ok(files) => {
                files.iter().for_each(|file| println!("{}", file.display()));
                taken.extend(files);
            }
            Err(error) => {
                fail(&error.to_string(), error.advice());
                code = EXIT_FAILED;
            }
        }
    }
    code
}
