//! What is known of one segment when it was looked at.

/// What is known of one segment when it was looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    /// What it begins with, by its name.
    pub(super) first: u64,
    /// Whether it belongs to this log, and is the one that its name says, as far as that can be told.
    pub(super) usable: bool,
    /// Whether its header has to be written anew.
    pub(super) headless: bool,
    /// Where the frames end that follow each other from its beginning on, without its seal.
    pub(super) end: u64,
    /// The sequence after the last event of them.
    pub(super) next: u64,
    /// When it was begun, or 0 if its header does not tell.
    pub(super) created: u64,
    /// The first stamp of the frames.
    pub(super) first_stamp: u64,
    /// The last stamp of them.
    pub(super) last_stamp: u64,
    /// Whether there is damage behind them, or events are missing there.
    pub(super) broken: bool,
    /// What can be read behind the last damage in it.
    pub(super) rest: Option<Rest>,
    /// Whether its seal and the trailer behind it are there as they were written, and nothing else behind them.
    pub(super) sealed: bool,
    /// Whether something was found that is not as it was written.
    pub(super) damaged: bool,
    /// The length of the file.
    pub(super) size: u64,
}

impl Facts {
    pub(super) fn new(first: u64) -> Self {
        Self {
            first,
            usable: false,
            headless: false,
            end: crate::format::SEGMENT_HEADER as u64,
            next: first,
            created: 0,
            first_stamp: 0,
            last_stamp: 0,
            broken: false,
            rest: None,
            sealed: false,
            damaged: false,
            size: 0,
        }
    }
}

/// Frames behind the last damage in a segment, which follow each other up to its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rest {
    /// Where the first of them begins in the file.
    pub(super) start: u64,
    /// Where the last of them ends.
    pub(super) end: u64,
    /// The first event.
    pub(super) first: u64,
    /// The sequence after the last event.
    pub(super) next: u64,
    /// The stamp of the first frame.
    pub(super) stamp: u64,
}
