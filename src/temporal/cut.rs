//! Hard cuts: moments at which a video goes on with another picture.
//!
//! Two pictures are compared by a coarse grid of brightness. A cut changes much of it (difference)
//! and leaves no pattern in common (correlation). Light that goes on keeps the pattern, people who
//! move keep their surroundings, and a camera that pans changes a little in every picture, where a
//! cut is a single jump. Fades are no cuts.

/// Cells across and down.
const GRID: (usize, usize) = (32, 24);

/// Mean change of a cell, of 255, from which on it may be a cut ...
const DIFFERENCE: f32 = 12.0;

/// ... if the patterns agree by no more than this ...
const CORRELATION: f32 = 0.5;

/// ... and the change is this many times the usual one.
const JUMP: f32 = 3.0;

/// Share of the newest change in the usual one.
const LEARNING: f32 = 0.2;

/// Watches the pictures of one file, every one of them, in order.
#[derive(Debug, Default)]
pub struct CutDetector {
    last: Option<Vec<f32>>,
    usual: f32,
}

impl CutDetector {
    /// Before the first picture.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the picture of that brightness is the first of another scene. `luma` has
    /// `width * height` bytes; a picture of another shape is no cut by that alone.
    pub fn is_cut(&mut self, luma: &[u8], size: (u32, u32)) -> bool {
        let Some(cells) = cells(luma, size) else { return false };
        let Some(last) = self.last.replace(cells) else { return false };
        let Some(cells) = &self.last else { return false };
        let changes = last.iter().zip(cells).map(|(before, now)| (now - before).abs());
        let difference = changes.sum::<f32>() / cells.len() as f32;
        let is_cut = difference >= DIFFERENCE
            && difference >= JUMP * self.usual
            && correlation(&last, cells) <= CORRELATION;
        // A cut tells nothing about how much this scene moves.
        if !is_cut {
            self.usual += LEARNING * (difference - self.usual);
        }
        is_cut
    }
}

/// Mean brightness of each cell, from at most eight by eight samples of it.
fn cells(luma: &[u8], (width, height): (u32, u32)) -> Option<Vec<f32>> {
    let (width, height) = (width as usize, height as usize);
    if width == 0 || luma.len() < width * height {
        return None;
    }
    let mut cells = Vec::with_capacity(GRID.0 * GRID.1);
    for row in 0..GRID.1 {
        let (top, bottom) = (row * height / GRID.1, ((row + 1) * height).div_ceil(GRID.1));
        for column in 0..GRID.0 {
            let (left, right) = (column * width / GRID.0, ((column + 1) * width).div_ceil(GRID.0));
            let (down, across) = ((bottom - top).div_ceil(8), (right - left).div_ceil(8));
            let (mut sum, mut count) = (0, 0);
            for y in (top..bottom).step_by(down.max(1)) {
                for x in (left..right).step_by(across.max(1)) {
                    sum += u32::from(luma[y * width + x]);
                    count += 1;
                }
            }
            cells.push(sum as f32 / count.max(1) as f32);
        }
    }
    Some(cells)
}

/// Pearson's; 0 if one of the pictures has no pattern.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |cells: &[f32]| cells.iter().sum::<f32>() / cells.len() as f32;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut covariance, mut variance_a, mut variance_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        covariance += a * b;
        variance_a += a * a;
        variance_b += b * b;
    }
    let deviations = (variance_a * variance_b).sqrt();
    // A level of noise in both is no pattern.
    if deviations > a.len() as f32 { covariance / deviations } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::demo::{Scene, SceneKind};
    use crate::time::Pts;

    const SIZE: (u32, u32) = (160, 120);

    fn picture(brightness: impl Fn(f32, f32) -> f32) -> Vec<u8> {
        let (width, height) = SIZE;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x as f32, y as f32)));
        pixels.map(|(x, y)| brightness(x, y).clamp(0.0, 255.0) as u8).collect()
    }

    /// Which of the pictures are taken for the first of a scene.
    fn cuts(pictures: impl IntoIterator<Item = Vec<u8>>) -> Vec<usize> {
        let mut detector = CutDetector::new();
        let pictures = pictures.into_iter().enumerate();
        pictures.filter_map(|(i, luma)| detector.is_cut(&luma, SIZE).then_some(i)).collect()
    }

    fn waves(shift: f32) -> Vec<u8> {
        picture(|x, y| 128.0 + 80.0 * ((x + shift) / 25.0).sin() * (y / 31.0).cos())
    }

    fn hills() -> Vec<u8> {
        picture(|x, y| 90.0 + 70.0 * ((x * 0.7 + y) / 17.0).sin())
    }

    #[test]
    fn a_cut_is_found_once_and_at_its_picture() {
        let scene = |n: usize| if (20..40).contains(&n) { hills() } else { waves(0.0) };
        assert_eq!(cuts((0..60).map(scene)), [20, 40]);
        let black = |n: usize| if n < 10 { vec![0; 160 * 120] } else { waves(0.0) };
        assert_eq!(cuts((0..20).map(black)), [10], "from black is a cut too");
    }

    #[test]
    fn light_pans_and_fades_are_no_cuts() {
        let lamp = |n: usize| {
            waves(0.0).into_iter().map(|v| if n == 10 { v / 2 + 120 } else { v / 2 }).collect()
        };
        assert_eq!(cuts((0..20).map(lamp)), [0; 0], "a flash");
        assert_eq!(cuts((0..40).map(|n| waves(n as f32 * 6.0))), [0; 0], "a pan");
        let fade = |n: usize| {
            let share = n as f32 / 30.0;
            let mixed = waves(0.0).into_iter().zip(hills());
            mixed
                .map(|(a, b)| (f32::from(a) * (1.0 - share) + f32::from(b) * share) as u8)
                .collect()
        };
        assert_eq!(cuts((0..30).map(fade)), [0; 0], "a fade");
    }

    #[test]
    fn people_who_move_are_no_cuts() {
        let mut scene = Scene::new(SceneKind::Crossing, SIZE, 3);
        let mut rgb = Vec::new();
        let pictures = (0..40).map(|n| {
            scene.render(Pts::from_secs_f64(f64::from(n) / 5.0), &mut rgb);
            rgb.chunks_exact(3).map(|pixel| pixel[1]).collect()
        });
        assert_eq!(cuts(pictures), [0; 0]);
    }

    #[test]
    fn pictures_without_pixels_or_of_another_size_do_no_harm() {
        let mut detector = CutDetector::new();
        assert!(!detector.is_cut(&[], (0, 0)));
        assert!(!detector.is_cut(&[7], (1, 1)));
        assert!(!detector.is_cut(&[7; 5], (5, 2)), "fewer bytes than pixels");
        assert!(!detector.is_cut(&[7; 3000], (3000, 1)));
    }
}
