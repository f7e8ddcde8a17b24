//! Seals a segment anew whose seal is not what was written.

use super::open::Scan;
use super::part::Part;
use crate::error::OpenError;
use crate::format::LogId;
use crate::segment::Segment;
use crate::storage::{Mode, Storage};

/// Seals a segment that has whole frames and nothing else, durably.
pub(crate) fn seal_anew(storage: &dyn Storage, log: LogId, first: u64) -> Result<(), OpenError> {
    let segment = Segment::open(storage, log, first, Mode::Write)?;
    let mut scan = Scan::new(&segment, 0);
    let end = scan.run(&segment)?;
    let (next, last_stamp) = (scan.next, scan.last_stamp);
    let mut part = Part::reopened(segment, end, scan.into_index());
    part.seal(next, first, last_stamp);
    part.write()?;
    part.sync()?;
    Ok(())
}
