//! The engines that are compared, a file each. Those of others only with the feature `engines`.

pub mod bare;
pub mod broadring_log;
#[cfg(feature = "engines")]
pub mod commitlog;
#[cfg(feature = "engines")]
pub mod fjall;
#[cfg(feature = "engines")]
pub mod okaywal;
#[cfg(feature = "engines")]
pub mod raft_engine;
#[cfg(feature = "engines")]
pub mod redb;
#[cfg(feature = "engines")]
pub mod sqlite;

use super::engine::{Engine, Visitor};

/// Shows every engine to the visitor, the bare limit first.
pub fn visit(visitor: &mut impl Visitor) {
    visitor.visit::<bare::Bare<bare::Appended>>();
    visitor.visit::<bare::Bare<bare::Ahead>>();
    visitor.visit::<broadring_log::BroadringLog>();
    #[cfg(feature = "engines")]
    visit_others(visitor);
}

/// Shows the engines of others to the visitor.
#[cfg(feature = "engines")]
fn visit_others(visitor: &mut impl Visitor) {
    visitor.visit::<redb::Redb<redb::Plain>>();
    visitor.visit::<redb::Redb<redb::QuickRepair>>();
    visitor.visit::<redb::Redb<redb::Shared>>();
    visitor.visit::<redb::Redb<redb::Checked>>();
    visitor.visit::<raft_engine::RaftEngine>();
    visitor.visit::<fjall::Fjall>();
    visitor.visit::<okaywal::OkayWal>();
    visitor.visit::<commitlog::CommitLog>();
    visitor.visit::<sqlite::Sqlite>();
}

/// Returns the names of all engines.
pub fn names() -> Vec<&'static str> {
    struct Names(Vec<&'static str>);
    impl Visitor for Names {
        fn visit<E: Engine>(&mut self) {
            self.0.push(E::NAME);
        }
    }
    let mut names = Names(Vec::new());
    visit(&mut names);
    names.0
}

/// Puts the number of the first record in front of the bytes, where an engine has no place for it.
#[cfg(feature = "engines")]
fn with_first(first: u64, bytes: &[u8]) -> Vec<u8> {
    [&first.to_le_bytes(), bytes].concat()
}

/// Takes apart what `with_first` put together.
#[cfg(feature = "engines")]
fn split_first(value: &[u8]) -> Option<(u64, &[u8])> {
    let (first, bytes) = value.split_first_chunk()?;
    Some((u64::from_le_bytes(*first), bytes))
}
