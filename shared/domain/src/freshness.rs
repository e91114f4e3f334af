//! Which of two sightings wins.
