//! Who one is, and whom one trusts.

use core::fmt;
use std::path::PathBuf;

/// Text that is never shown: not by `Debug`, and in no error.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> String {
        self.0.clone()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// How one proves who one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Not at all, or with a certificate, or with what is in the addresses of the servers (`nats://USER:PASSWORD@HOST` or
    /// `nats://TOKEN@HOST`): the first one that has something counts for all.
    #[default]
    Open,
    /// With a name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// With a token.
    Token(Secret),
    /// With a file of credentials (`.creds`), as `nsc` makes them.
    CredentialsFile(PathBuf),
    /// With the seed of an NKey.
    NKey(Secret),
}
