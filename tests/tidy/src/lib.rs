//! House rules as tests: what may depend on what, what a file may be called and may say, what a
//! migration may do, what must be listed somewhere.
//!
//! Every rule is a function from values to faults. One test holds the whole tree to it, another
//! gives it a small sample that must fail, so that no rule can go blind unnoticed. A failure names
//! the place and the rule; the cure is to change the place, or the rule's table with a reason.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod documents;
#[cfg(test)]
mod event_types;
#[cfg(test)]
mod files;
#[cfg(test)]
mod graph;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod licences;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod metric_names;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod personal;
#[cfg(test)]
mod sql;
#[cfg(test)]
mod tree;
#[cfg(test)]
mod wording;
