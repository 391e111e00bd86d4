//! ELAN's annotation format, EAF 3.0 (Max Planck Institute for Psycholinguistics, EAFv3.0.xsd).

use std::io::{self, Write};

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Source;
use super::cue::Cue;
use super::text::plain;

const SCHEMA: &str = "http://www.mpi.nl/tools/elan/EAFv3.0.xsd";
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Types of tiers: labels, and what was marked.
const EXPRESSION: &str = "expression";
const MARKER: &str = "marker";

/// What ELAN itself writes into each file, whether or not a tier has such a type.
const CONSTRAINTS: [(&str, &str); 4] = [
    (
        "Time_Subdivision",
        "Time subdivision of parent annotation's time interval, no time gaps allowed within this \
         interval",
    ),
    (
        "Symbolic_Subdivision",
        "Symbolic subdivision of a parent annotation. Annotations refering to the same parent are \
         ordered",
    ),
    ("Symbolic_Association", "1-1 association with a parent annotation"),
    (
        "Included_In",
        "Time alignable annotations within the parent annotation's time interval, \
                     gaps are allowed",
    ),
];

/// A tier and its annotations by time, none of which overlap.
struct Tier {
    name: String,
    kind: &'static str,
    cues: Vec<Cue>,
}

pub fn write(source: &Source, now: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let tiers = tiers(source);
    let slots = time_slots(&tiers);
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("ANNOTATION_DOCUMENT")
        .with_attributes([
            ("AUTHOR", "Mien"),
            ("DATE", &now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
            ("FORMAT", "3.0"),
            ("VERSION", "3.0"),
            ("xmlns:xsi", SCHEMA_INSTANCE),
            ("xsi:noNamespaceSchemaLocation", SCHEMA),
        ])
        .write_inner_content(|xml| {
            header(source, xml)?;
            xml.create_element("TIME_ORDER").write_inner_content(|xml| {
                slots.iter().enumerate().try_for_each(|(index, (ms, ..))| {
                    xml.create_element("TIME_SLOT")
                        .with_attribute(("TIME_SLOT_ID", format!("ts{}", index + 1).as_str()))
                        .with_attribute(("TIME_VALUE", ms.to_string().as_str()))
                        .write_empty()
                        .map(|_| ())
                })
            })?;
            write_tiers(source, &tiers, &slots, xml)?;
            for kind in [EXPRESSION, MARKER] {
                xml.create_element("LINGUISTIC_TYPE")
                    .with_attribute(("GRAPHIC_REFERENCES", "false"))
                    .with_attribute(("LINGUISTIC_TYPE_ID", kind))
                    .with_attribute(("TIME_ALIGNABLE", "true"))
                    .write_empty()?;
            }
            for (stereotype, description) in CONSTRAINTS {
                xml.create_element("CONSTRAINT")
                    .with_attribute(("DESCRIPTION", description))
                    .with_attribute(("STEREOTYPE", stereotype))
                    .write_empty()?;
            }
            Ok(())
        })?;
    let out = xml.into_inner();
    writeln!(out)
}

/// What is known of the session. The video, if there was one, is named and found beside the file.
fn header<W: Write>(source: &Source, xml: &mut Writer<W>) -> io::Result<()> {
    let record = source.session.record();
    let properties = [
        ("session", source.name()),
        ("name", record.meta.name.clone()),
        ("participant", source.participant().to_owned()),
        ("tags", record.meta.tags.join(", ")),
        ("note", record.meta.note.clone()),
        ("file", record.file.as_ref().map_or_else(String::new, |file| file.name.clone())),
    ];
    xml.create_element("HEADER")
        .with_attribute(("MEDIA_FILE", ""))
        .with_attribute(("TIME_UNITS", "milliseconds"))
        .write_inner_content(|xml| {
            properties.iter().filter(|(_, value)| !value.trim().is_empty()).try_for_each(
                |(name, value)| {
                    xml.create_element("PROPERTY")
                        .with_attribute(("NAME", *name))
                        .write_text_content(BytesText::new(&plain(value)))
                        .map(|_| ())
                },
            )
        })
        .map(|_| ())
}

fn tiers(source: &Source) -> Vec<Tier> {
    let episodes = source.episodes();
    let faces = source.signal.faces().iter().map(|face| Tier {
        name: format!("face {}", face.id),
        kind: EXPRESSION,
        cues: apart(
            episodes
                .iter()
                .filter(|episode| episode.face == face.id)
                .map(|episode| (episode.onset_secs, episode.offset_secs, plain(&episode.label))),
        ),
    });
    let markers = Tier {
        name: "markers".into(),
        kind: MARKER,
        cues: apart(
            source
                .marker_spans()
                .iter()
                .map(|span| (span.from.as_secs_f64(), span.to.as_secs_f64(), plain(&span.label))),
        ),
    };
    faces.chain([markers]).collect()
}

/// Annotations of a tier may not overlap, which rounding to milliseconds might make them do.
fn apart(spans: impl Iterator<Item = (f64, f64, String)>) -> Vec<Cue> {
    let mut free_from = 0;
    spans
        .map(|(from, to, text)| {
            let (from, to) = Cue::span_ms(from, to);
            let from_ms = from.max(free_from);
            let to_ms = to.max(from_ms + 1);
            free_from = to_ms;
            Cue { from_ms, to_ms, text }
        })
        .collect()
}

/// Two for each annotation, by time: the time, which tier, which annotation, whether its end.
type Slot = (u64, usize, usize, bool);

fn time_slots(tiers: &[Tier]) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for (tier, Tier { cues, .. }) in tiers.iter().enumerate() {
        for (index, cue) in cues.iter().enumerate() {
            slots.push((cue.from_ms, tier, index, false));
            slots.push((cue.to_ms, tier, index, true));
        }
    }
    slots.sort_unstable();
    slots
}

fn write_tiers<W: Write>(
    source: &Source,
    tiers: &[Tier],
    slots: &[Slot],
    xml: &mut Writer<W>,
) -> io::Result<()> {
    let slot = |wanted: Slot| {
        // Each was put there by `time_slots`.
        let at = slots.binary_search(&wanted).unwrap_or_default();
        format!("ts{}", at + 1)
    };
    let participant = plain(source.participant());
    let mut annotations = 0;
    for (tier, Tier { name, kind, cues }) in tiers.iter().enumerate() {
        xml.create_element("TIER")
            .with_attribute(("LINGUISTIC_TYPE_REF", *kind))
            .with_attribute(("PARTICIPANT", participant.as_str()))
            .with_attribute(("TIER_ID", name.as_str()))
            .write_inner_content(|xml| {
                cues.iter().enumerate().try_for_each(|(index, cue)| {
                    annotations += 1;
                    let (from, to) = (
                        slot((cue.from_ms, tier, index, false)),
                        slot((cue.to_ms, tier, index, true)),
                    );
                    xml.create_element("ANNOTATION")
                        .write_inner_content(|xml| {
                            xml.create_element("ALIGNABLE_ANNOTATION")
                                .with_attribute(("ANNOTATION_ID", &*format!("a{annotations}")))
                                .with_attribute(("TIME_SLOT_REF1", from.as_str()))
                                .with_attribute(("TIME_SLOT_REF2", to.as_str()))
                                .write_inner_content(|xml| {
                                    xml.create_element("ANNOTATION_VALUE")
                                        .write_text_content(BytesText::new(&cue.text))
                                        .map(|_| ())
                                })
                                .map(|_| ())
                        })
                        .map(|_| ())
                })
            })?;
    }
    Ok(())
}
