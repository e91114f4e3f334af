//! The receiver over real sockets and a real broker.

// The attribute tells the lints that everything here is a test.
#[cfg(test)]
mod accepting;
#[cfg(test)]
mod client;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod proxy;
#[cfg(test)]
mod refusing;
#[cfg(test)]
mod world;
