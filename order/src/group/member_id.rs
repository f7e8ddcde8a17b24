//! Who a member is.

#![forbid(unsafe_code)]

use core::cmp::Ordering;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::sync::Arc;

/// Names a member of a group, also after it has left.
///
/// Its number is unique in the group and is never used again. Members compare by their numbers, so
/// by the order in which they have joined.
///
/// # Examples
///
/// ```
/// # let (writer, ring) = broadring::Ring::builder(8).build(|| 0);
/// let group = broadring_order::group::Group::new("billing", [ring])?;
/// let first = group.join()?;
/// let second = group.member().name("second").join()?;
/// assert_eq!(first.id().to_string(), "member 0");
/// assert_eq!(second.id().to_string(), "member 1 \"second\"");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct MemberId {
    number: u64,
    name: Option<Arc<str>>,
}

impl MemberId {
    pub(super) fn new(number: u64, name: Option<Arc<str>>) -> Self {
        Self { number, name }
    }

    /// Returns the number: the first member of a group has 0.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns the name that the member was given.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "member {}", self.number)?;
        match &self.name {
            Some(name) => write!(f, " {name:?}"),
            None => Ok(()),
        }
    }
}

impl PartialEq for MemberId {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for MemberId {}

impl PartialOrd for MemberId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for MemberId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.number.cmp(&other.number)
    }
}

impl Hash for MemberId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}
