//! Video files through the public interface: times and pixels as another decoder has them, damage,
//! and files that mean harm.

mod dice;
mod golden;
mod hostile;
mod reading;
mod reference;
mod seeking;
mod stills;
