//! The timeline of a session in a row of a list: stacked posteriors, and nothing where there was no
//! face.

use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{self, Color32, Rect, Shape, pos2};

use crate::library::Strip;
use crate::ui::theme::{self, Theme};

/// A column in which a face was there for less has none.
const LEAST_PRESENT: f32 = 0.05;

/// Paints `strip` into `rect`; `words` are the classes.
pub fn strip(ui: &egui::Ui, rect: Rect, strip: &Strip, words: &[String]) {
    let theme = Theme::of(ui);
    ui.painter().rect_filled(rect, 3, theme.line.gamma_multiply(0.5));
    let colors: Vec<Color32> =
        theme.classes(words).iter().map(|c| c.gamma_multiply(theme::BAND_OPACITY)).collect();
    let count = strip.len();
    let step = rect.width() / count.max(1) as f32;
    let mut mesh = Mesh::default();
    // Edges of the bands at the left end of a column: between two with faces, their mean.
    let edges = |column: usize| -> Option<Vec<f32>> {
        (strip.present(column) >= LEAST_PRESENT).then(|| {
            let shares: Vec<f32> = strip.posterior(column).collect();
            let sum = shares.iter().sum::<f32>().max(1e-3);
            let mut edge = 0.0;
            shares
                .iter()
                .map(|share| {
                    edge += share / sum;
                    edge
                })
                .collect()
        })
    };
    let columns: Vec<Option<Vec<f32>>> = (0..count).map(edges).collect();
    let between = |a: &[f32], b: Option<&Option<Vec<f32>>>| -> Vec<f32> {
        match b {
            Some(Some(b)) => a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect(),
            _ => a.to_vec(),
        }
    };
    for (index, column) in columns.iter().enumerate() {
        let Some(middle) = column else { continue };
        let before = index.checked_sub(1).and_then(|before| columns.get(before));
        let left = between(middle, before);
        let right = between(middle, columns.get(index + 1));
        let x = rect.left() + index as f32 * step;
        let (half, end) = (x + step / 2.0, x + step);
        add(&mut mesh, rect, &colors, (x, &left), (half, middle));
        add(&mut mesh, rect, &colors, (half, middle), (end, &right));
    }
    ui.painter().add(Shape::mesh(mesh));
}

/// One quad per class from the edges at the left to those at the right.
fn add(
    mesh: &mut Mesh,
    rect: Rect,
    colors: &[Color32],
    (left, from): (f32, &[f32]),
    (right, to): (f32, &[f32]),
) {
    let y = |edge: f32| rect.bottom() - rect.height() * edge.min(1.0);
    let mut below = (0.0, 0.0);
    for ((color, from), to) in colors.iter().zip(from).zip(to) {
        let first = mesh.vertices.len() as u32;
        let corners = [(left, below.0), (left, *from), (right, below.1), (right, *to)];
        for (x, edge) in corners {
            mesh.vertices.push(Vertex { pos: pos2(x, y(edge)), uv: WHITE_UV, color: *color });
        }
        mesh.add_triangle(first, first + 1, first + 2);
        mesh.add_triangle(first + 1, first + 2, first + 3);
        below = (*from, *to);
    }
}
