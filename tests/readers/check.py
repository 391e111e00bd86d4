"""Reads exports with the readers they are for, and compares them with the session itself.

    check.py SESSION TABLES OUT
"""

import csv
import json
import sys
from pathlib import Path

import duckdb
import pandas
import pympi
import pysrt
import webvtt
from lxml import etree

session, tables, out = map(Path, sys.argv[1:4])
rows = pandas.read_csv(session / "observations.csv")
record = json.loads((session / "session.json").read_text())


def only(pattern):
    (path,) = out.glob(pattern)
    return path


# Tables: pandas and DuckDB agree with the session, whatever the form.
wide = pandas.read_csv(tables / "wide.csv")
assert list(wide.columns[:3]) == ["session", "participant", "marker"]
pandas.testing.assert_frame_equal(wide[rows.columns], rows)
assert set(wide["participant"]) == {"'=P/07"} and "'=1+1" in set(wide["marker"])
excel = pandas.read_csv(tables / "excel.csv", sep=";", decimal=",", encoding="utf-8-sig")
pandas.testing.assert_frame_equal(excel[rows.columns], rows)
assert (tables / "excel.csv").read_bytes().startswith(b"\xef\xbb\xbfsession;")
long = pandas.read_csv(tables / "long.csv")
happy = long[long["measure"] == "p_happiness"]["value"].to_numpy()
assert (happy == rows["p_happiness"].dropna().to_numpy()).all()
for name in ["wide", "long", "rate"]:
    with open(tables / f"{name}.csv", newline="") as file:
        text = file.read()
    assert text.count("\n") == text.count("\r\n") and "\ufeff" not in text
query = f"select count(*), sum(p_fear), max(timestamp) from read_csv('{tables}/wide.csv')"
count, fear, last = duckdb.sql(query).fetchall()[0]
assert count == len(rows) and abs(fear - rows["p_fear"].sum()) < 1e-6
assert last == rows["timestamp"].max()

# A fixed rate: whole steps, and in each the frame that stands there.
rate = pandas.read_csv(tables / "rate.csv")
steps = rate["timestamp"].drop_duplicates().to_numpy()
assert abs(steps - [step / 20 for step in range(len(steps))]).max() < 1e-6
times = rows.drop_duplicates("frame").set_index("frame")["timestamp"]
for row in rate.dropna(subset=["frame"]).itertuples():
    assert times[row.frame] <= row.timestamp
    later = times[times.index > row.frame]
    assert later.empty or later.iloc[0] > row.timestamp

# BIDS: required columns come first, and all columns are described.
events = pandas.read_csv(only("*_events.tsv"), sep="\t", na_values="n/a", quoting=csv.QUOTE_NONE)
assert list(events.columns[:3]) == ["onset", "duration", "trial_type"]
assert events["onset"].is_monotonic_increasing and (events["duration"] >= 0).all()
columns = json.loads(only("*_events.json").read_text())
assert set(events.columns) <= set(columns)
assert set(events["trial_type"]) <= set(columns["trial_type"]["Levels"])
assert "'=1+1" in set(events["marker_text"])
episodes = events[events["trial_type"] != "marker"]
assert len(episodes) > 0 and set(episodes["face_id"]) == set(rows["face_id"].dropna())

# Captions: the same stretches.
cues = list(webvtt.read(str(only("*.vtt"))))
subs = pysrt.open(str(only("*.srt")))
assert len(cues) == len(subs) == len(episodes)
for cue, sub, (_, episode) in zip(cues, subs, episodes.iterrows()):
    assert abs(cue.start_in_seconds - int(episode["onset"])) <= 1
    assert abs(sub.start.ordinal / 1000 - episode["onset"]) < 0.001
    assert sub.end > sub.start and episode["trial_type"] in cue.text and cue.text == sub.text

# ELAN: pympi reads it, and references, order and types are those of EAFv3.0.xsd.
path = only("*.eaf")
eaf = pympi.Elan.Eaf(str(path))
faces = [tier for tier in eaf.get_tier_names() if tier.startswith("face ")]
annotations = [a for tier in faces for a in eaf.get_annotation_data_for_tier(tier)]
assert len(annotations) == len(episodes) and all(a[0] < a[1] for a in annotations)
markers = [a[2] for a in eaf.get_annotation_data_for_tier("markers")]
assert markers == ["=1+1", '</ANNOTATION_VALUE><b>&amp; "x" --> y', "-2"], markers
tree = etree.parse(str(path)).getroot()
order = [child.tag for child in tree]
wanted = ["HEADER", "TIME_ORDER", "TIER", "LINGUISTIC_TYPE", "CONSTRAINT"]
assert sorted(order, key=wanted.index) == order and set(order) == set(wanted)
slots = [slot.get("TIME_SLOT_ID") for slot in tree.iter("TIME_SLOT")]
values = [int(slot.get("TIME_VALUE")) for slot in tree.iter("TIME_SLOT")]
assert len(set(slots)) == len(slots) and values == sorted(values)
ids = [a.get("ANNOTATION_ID") for a in tree.iter("ALIGNABLE_ANNOTATION")]
assert len(set(ids)) == len(ids)
for annotation in tree.iter("ALIGNABLE_ANNOTATION"):
    assert {annotation.get("TIME_SLOT_REF1"), annotation.get("TIME_SLOT_REF2")} <= set(slots)
types = {kind.get("LINGUISTIC_TYPE_ID") for kind in tree.iter("LINGUISTIC_TYPE")}
assert {tier.get("LINGUISTIC_TYPE_REF") for tier in tree.iter("TIER")} <= types
notes = [p.text for p in tree.iter("PROPERTY") if p.get("NAME") == "note"]
assert notes == ['+note with <tags> & "quotes"'], notes

print(f"all formats read: {len(rows)} rows, {len(episodes)} stretches, {len(markers)} markers")
