#!/usr/bin/env bash
# Exports sessions in every format and reads them with the programs they are for. Needs Python 3 and
# a package index; builds nothing: `cargo build --release` comes first.
set -euo pipefail
cd "$(dirname "$0")/../.."

mien=${MIEN:-target/release/mien}
work=$(mktemp -d /tmp/mien-readers.XXXXXX)
trap 'rm -rf "$work"' EXIT
export MIEN_CONFIG_DIR=$work/config MIEN_DATA_DIR=$work/data

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pandas duckdb lxml pympi-ling webvtt-py pysrt

# Two faces, and words that try to be run or to break out.
printf 'onset,label\n0.5,"=1+1"\n1.0,"</ANNOTATION_VALUE><b>&amp; ""x"" --> y"\n1.5,"-2"\n' \
  > "$work/list.csv"
"$mien" live --headless --source demo:2 --seconds 4 --record "$work/sessions" \
  --participant '=P/07' --note $'+note\twith <tags> & "quotes"' --stimuli "$work/list.csv" > /dev/null
session=$(ls -d "$work"/sessions/2*)

out=$work/out
for form in wide: long:--long rate:'--rate 20' excel:'--decimal-comma --bom'; do
  # shellcheck disable=SC2086 # options are several words
  "$mien" export "$session" --to csv ${form#*:} --out "$work/${form%%:*}.csv"
done
mkdir "$out"
for format in vtt srt eaf bids; do
  "$mien" export "$session" --to "$format" --out "$out"
done
"$work/venv/bin/python" tests/readers/check.py "$session" "$work" "$out"

if command -v Rscript > /dev/null; then
  Rscript tests/readers/check.R "$session" "$work"
else
  echo "R is not installed (Debian: r-base-core): its reading of the tables was not checked"
fi
