//! What differs between the newest snapshot and an observation, under its coverage.
