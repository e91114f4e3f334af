//! The bus against a real broker.

// The attribute tells the lints that everything here is a test.
#[cfg(test)]
mod consuming;
#[cfg(test)]
mod packing;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod publishing;
#[cfg(test)]
mod topology;
#[cfg(test)]
mod world;
