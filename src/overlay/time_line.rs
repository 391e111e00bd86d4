//! Which picture is shown when: places of equal length, and pictures that come when they come.

use std::io;

use super::pace::Rate;
use crate::time::Pts;

/// The rate is that of so many pictures, which wait until it is known; fewer if they are large.
const RATE_PICTURES: usize = 100;
const RATE_BYTES: usize = 64 << 20;

/// The longest time line: a day at 60 frames a second. Times beyond are damage.
const MOST_PLACES: u64 = 24 * 3600 * 60;

/// Where pictures go, one for each place; an empty one shows the one before on.
type Sink<'a> = dyn FnMut(&[u8]) -> io::Result<()> + 'a;

/// Pictures on their way to their places.
#[derive(Debug)]
pub struct TimeLine {
    zero: Pts,
    /// Whether the rate was asked for, so that each picture was picked for its place.
    asked: bool,
    rate: Option<Rate>,
    /// Pictures that came before the rate was known.
    waiting: Vec<(Pts, Vec<u8>)>,
    waiting_bytes: usize,
    /// The place and content of the picture that came last.
    last: Option<(u64, Vec<u8>)>,
    /// Places that are filled.
    filled: u64,
}

impl TimeLine {
    /// From `zero` on, at the rate that is asked for or that of the pictures.
    pub fn new(zero: Pts, asked: Option<Rate>) -> Self {
        Self {
            zero,
            asked: asked.is_some(),
            rate: asked,
            waiting: Vec::new(),
            waiting_bytes: 0,
            last: None,
            filled: 0,
        }
    }

    /// Adds a picture, to be shown from `pts` on.
    pub fn push(&mut self, pts: Pts, picture: Vec<u8>, sink: &mut Sink<'_>) -> io::Result<()> {
        if let Some(rate) = self.rate {
            return self.place(rate, pts, picture, sink);
        }
        self.waiting_bytes += picture.len();
        self.waiting.push((pts, picture));
        let known = self.waiting.len() >= RATE_PICTURES || self.waiting_bytes >= RATE_BYTES;
        if known { self.settle(sink).map(drop) } else { Ok(()) }
    }

    /// Fills the last place; the rate.
    pub fn finish(&mut self, sink: &mut Sink<'_>) -> io::Result<Rate> {
        let rate = self.settle(sink)?;
        if let Some((place, picture)) = self.last.take() {
            self.fill(place + 1, &picture, sink)?;
        }
        Ok(rate)
    }

    /// Settles on a rate, and gives the pictures that waited their places.
    fn settle(&mut self, sink: &mut Sink<'_>) -> io::Result<Rate> {
        let micros = |pts: &Pts| u64::try_from(pts.since_start().as_micros()).unwrap_or(u64::MAX);
        let times = self.waiting.iter().map(|(pts, _)| micros(pts));
        let rate = self.rate.unwrap_or_else(|| Rate::of_times(times));
        self.rate = Some(rate);
        for (pts, picture) in std::mem::take(&mut self.waiting) {
            self.place(rate, pts, picture, sink)?;
        }
        Ok(rate)
    }

    fn place(
        &mut self,
        rate: Rate,
        pts: Pts,
        picture: Vec<u8>,
        sink: &mut Sink<'_>,
    ) -> io::Result<()> {
        let place = if self.asked {
            let [place, zero] = [pts, self.zero].map(|pts| rate.containing(pts.since_start()));
            place.saturating_sub(zero)
        } else {
            rate.nearest(pts.saturating_since(self.zero))
        };
        if place >= MOST_PLACES {
            let words = format!("a picture stands at {pts}, too far on for an annotated video");
            return Err(io::Error::other(words));
        }
        if let Some((_, before)) = self.last.take() {
            self.fill(place, &before, sink)?;
        } else {
            // Until the first picture is due, there is no other.
            self.fill(place, &picture, sink)?;
        }
        self.last = Some((place, picture));
        Ok(())
    }

    /// Shows `picture` in all places before `end` that nothing has filled.
    fn fill(&mut self, end: u64, picture: &[u8], sink: &mut Sink<'_>) -> io::Result<()> {
        for held in 0..end.saturating_sub(self.filled) {
            sink(if held == 0 { picture } else { &[] })?;
            self.filled += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// The rate, and the number of the picture in each place.
    fn line(zero: u64, asked_hz: Option<f64>, micros: &[u64]) -> (f64, Vec<u8>) {
        let pts = |micros: u64| Pts::new(Duration::from_micros(micros));
        let mut line = TimeLine::new(pts(zero), asked_hz.map(Rate::of_hz));
        let mut shown = Vec::new();
        let mut sink = |picture: &[u8]| {
            let held = shown.last().copied();
            shown.push(picture.first().copied().or(held).unwrap());
            Ok(())
        };
        for (number, at) in micros.iter().enumerate() {
            line.push(pts(*at), vec![number as u8], &mut sink).unwrap();
        }
        let rate = line.finish(&mut sink).unwrap();
        (rate.hz(), shown)
    }

    #[test]
    fn every_moment_shows_the_picture_of_the_media_to_within_a_frame() {
        // Regular; with a pause and a hasty pair; late; long enough that the rate is settled on
        // before the end, with another rate afterwards.
        let cases: [Vec<u64>; 4] = [
            (0..30).map(|n| n * 100_000 / 3).collect(),
            vec![0, 40_000, 80_000, 500_000, 505_000, 540_000, 580_000, 620_000],
            (5..30).map(|n| n * 41_708).collect(),
            (0..120).map(|n| n * 40_000).chain((0..60).map(|n| 4_800_000 + n * 66_667)).collect(),
        ];
        for times in cases {
            let (hz, shown) = line(0, None, &times);
            let frame = (1e6 / hz) as u64 + 1;
            for (place, number) in shown.iter().enumerate() {
                let at = (place as f64 / hz * 1e6) as u64;
                let from = times[usize::from(*number)];
                let until = times.get(usize::from(*number) + 1).copied().unwrap_or(u64::MAX);
                assert!(*number == 0 || from <= at + frame, "{at}: {number} of {times:?}");
                assert!(at <= until.saturating_add(frame), "{at}: {number} of {times:?}");
            }
        }
    }

    #[test]
    fn pictures_that_were_picked_each_have_a_place() {
        let times: Vec<u64> = (0..24).map(|n| n * 1_000_000 / 24).step_by(5).collect();
        assert_eq!(line(0, Some(5.0), &times), (5.0, vec![0, 1, 2, 3, 4]));
        // The part from 1.5 s on, and a rate that is higher than that of the media.
        assert_eq!(line(1_500_000, Some(2.0), &[1_500_000, 2_000_000]), (2.0, vec![0, 1]));
        assert_eq!(line(0, Some(4.0), &[0, 500_000, 1_000_000]), (4.0, vec![0, 0, 1, 1, 2]));
    }

    #[test]
    fn one_picture_is_shown_for_a_second_and_a_wild_time_is_refused() {
        assert_eq!(line(0, None, &[0]), (1.0, vec![0]));
        let mut line = TimeLine::new(Pts::ZERO, Some(Rate::of_hz(60.0)));
        let far = Pts::new(Duration::from_secs(1 << 40));
        let error = line.push(far, vec![0], &mut |_| Ok(())).unwrap_err();
        assert!(error.to_string().contains("too far"), "{error}");
    }
}
