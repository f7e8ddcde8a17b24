//! The ring of records of a round: its writer, its readers, and what they must see.

mod account;
mod crew;
mod guest;
pub mod law;
mod reading;
mod regular;
mod stream;
pub mod tally;
mod writing;

pub(super) use self::account::RecordAccount;
pub(super) use self::crew::hire;
pub(super) use self::guest::join as join_records;
pub(super) use self::reading::RecordHabits;
pub(super) use self::stream::Records;
