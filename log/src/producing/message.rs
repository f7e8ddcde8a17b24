//! What tells one message from another.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What tells a message from all others: who has sent it, and a number that this producer gives to no other message.
///
/// The numbers of a producer go up, by one each time. A producer that sends a message again, because it does not know
/// whether it has arrived, gives it the number that it had. After a crash it goes on with numbers that it has not used:
/// it keeps the last one durably, or asks the log for it.
///
/// Put it into the events that are logged, so that a [`Window`](super::Window) can be made of the log again.
///
/// # Examples
///
/// ```
/// use broadring_log::MessageId;
///
/// let id = MessageId { producer: 7, number: 0 };
/// assert_eq!(id.to_string(), "message 0 of producer 7");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    /// The producer.
    pub producer: u64,
    /// The number of the message, counting from 0.
    pub number: u64,
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "message {} of producer {}", self.number, self.producer)
    }
}

/// As a pair of numbers.
impl Serialize for MessageId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.producer, self.number).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for MessageId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (producer, number) = Deserialize::deserialize(deserializer)?;
        Ok(Self { producer, number })
    }
}
