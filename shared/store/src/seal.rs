//! Encrypting bodies: AES-256-GCM with a key that the row names.
//!
//! The first configured key seals; any of them opens. A body is bound to its event, so that rows
//! cannot be exchanged. Nonces are random: one key should seal no more than some billion bodies,
//! which is years at any rate this system reaches; rotate before.

use std::fmt;

use counterfoil_domain::EventKey;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::StoreError;

/// The keys that bodies are encrypted with, the one in use first. None: bodies stay plain.
pub struct PayloadKeys {
    keys: Vec<(String, LessSafeKey)>,
    random: SystemRandom,
}

impl fmt::Debug for PayloadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|it| &it.0)).finish()
    }
}

/// Why keys cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadKey {
    /// It is not 32 bytes long.
    #[error("key {0} is not 32 bytes long")]
    Length(String),
    /// Two keys have one name.
    #[error("key {0} is there twice")]
    Twice(String),
}

/// Why a body was not unsealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsealed {
    UnknownKey,
    Refused,
}

impl PayloadKeys {
    /// No encryption.
    #[must_use]
    pub fn none() -> Self {
        Self { keys: Vec::new(), random: SystemRandom::new() }
    }

    /// Keys by their names, the one in use first.
    pub fn new<'a>(keys: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Result<Self, BadKey> {
        let mut all: Vec<(String, LessSafeKey)> = Vec::new();
        for (name, bytes) in keys {
            if all.iter().any(|it| it.0 == name) {
                return Err(BadKey::Twice(name.to_owned()));
            }
            let key = UnboundKey::new(&AES_256_GCM, bytes)
                .map_err(|_| BadKey::Length(name.to_owned()))?;
            all.push((name.to_owned(), LessSafeKey::new(key)));
        }
        Ok(Self { keys: all, random: SystemRandom::new() })
    }

    /// The name of the key in use.
    #[must_use]
    pub fn in_use(&self) -> Option<&str> {
        self.keys.first().map(|it| it.0.as_str())
    }

    /// The names of all keys.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|it| it.0.as_str())
    }

    /// Encrypts with the key in use, if there is one, and answers its name.
    pub(crate) fn seal(
        &self,
        event: &EventKey,
        mut body: Vec<u8>,
    ) -> Result<(Option<&str>, Vec<u8>), StoreError> {
        let Some((name, key)) = self.keys.first() else { return Ok((None, body)) };
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
        key.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(bound_to(event)),
            &mut body,
        )
        .map_err(|_| StoreError::NoRandomness)?;
        let mut sealed = nonce.to_vec();
        sealed.append(&mut body);
        Ok((Some(name), sealed))
    }

    pub(crate) fn unseal(
        &self,
        event: &EventKey,
        name: &str,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Unsealed> {
        let key = self.keys.iter().find(|it| it.0 == name).ok_or(Unsealed::UnknownKey)?;
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(Unsealed::Refused)?;
        let mut body = body.to_vec();
        let plain = key
            .1
            .open_in_place(
                Nonce::assume_unique_for_key(*nonce),
                Aad::from(bound_to(event)),
                &mut body,
            )
            .map_err(|_| Unsealed::Refused)?
            .len();
        body.truncate(plain);
        Ok(body)
    }

    #[cfg(test)]
    pub(crate) fn for_test(names: &[&str]) -> Self {
        let bytes: Vec<[u8; 32]> =
            names.iter().map(|it| [it.bytes().next().unwrap_or_default(); 32]).collect();
        Self::new(names.iter().copied().zip(bytes.iter().map(<[u8; 32]>::as_slice))).unwrap()
    }
}

/// What a body is bound to: its event's id, account and mode, each with its length.
fn bound_to(event: &EventKey) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in [event.id.as_str(), event.scope.account.as_str()] {
        bytes.extend(part.len().to_be_bytes());
        bytes.extend(part.as_bytes());
    }
    bytes.push(u8::from(event.scope.livemode));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_32_bytes_and_named_once() {
        assert_eq!(
            PayloadKeys::new([("a", &[0; 31][..])]).unwrap_err(),
            BadKey::Length("a".into())
        );
        let twice = [("a", &[0; 32][..]), ("a", &[1; 32][..])];
        assert_eq!(PayloadKeys::new(twice).unwrap_err(), BadKey::Twice("a".into()));
        assert_eq!(format!("{:?}", PayloadKeys::for_test(&["a"])), "[\"a\"]");
    }
}
