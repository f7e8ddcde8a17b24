//! The operations on a ring with readers, observers and editors.
//!
//! They are plain data, whoever makes them: the strategy of the property test, or the fuzzer from
//! its bytes. Numbers are taken modulo what makes sense only where they are used.

/// One thing to do.
#[derive(Debug, Clone)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Op {
    Publish {
        way: Way,
        panics: bool,
    },
    PublishAll {
        len: Count,
        mishap: Option<(Mishap, Count)>,
    },
    Claim {
        len: Count,
        how: Claiming,
        then: Claimed,
    },
    Join {
        after: [Option<Which>; 3],
        patience: Option<Patience>,
        oldest: bool,
    },
    /// Joins so far from the oldest event, at it, before or behind it.
    JoinAt {
        offset: Count,
        forwards: bool,
    },
    Clone(Which),
    Recv {
        reader: Which,
        waits: bool,
        panics: bool,
    },
    Batch {
        reader: Which,
        limit: Count,
        waits: bool,
        then: Done,
    },
    Rejoin(Which),
    Leave(Which),
    Observe {
        oldest: bool,
    },
    Look {
        observer: Which,
        limit: Count,
        then: Seen,
    },
    Latest {
        observer: Which,
        then: Seen,
    },
    LookAway(Which),
    Edit {
        editor: Which,
        limit: Count,
        waits: bool,
        how: Edit,
    },
    Fire(Which),
    Close,
}

/// One of the handles that there are, if there are any.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) struct Which(pub(crate) u8);

impl Which {
    pub(crate) fn of<T>(self, handles: &[T]) -> Option<usize> {
        usize::from(self.0).checked_rem(handles.len())
    }
}

/// How many: a few, up to more than the largest ring has, or all.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) struct Count(pub(crate) u8);

impl Count {
    pub(crate) const FEW: u8 = 40;

    pub(crate) fn get(self) -> usize {
        if self.0 < 5 * Self::FEW { usize::from(self.0 % Self::FEW) } else { usize::MAX }
    }
}

/// How an event is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Way {
    Value,
    TryValue,
    Timed,
    InPlace,
    TryInPlace,
}

/// What panics while the events of an iterator are published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Mishap {
    Iterator,
    DropOfOldEvent,
}

/// How slots are claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Claiming {
    Claim,
    Try,
    UpTo,
    TryUpTo,
    Timed,
}

/// What becomes of a claim.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Claimed {
    Publish,
    PublishFirst(Count),
    Drop,
    Forget,
    Panic,
}

/// For how long a reader that may be evicted may hold the writer up: what lies in between
/// depends on the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Patience {
    Endless,
    None,
}

/// What becomes of a batch.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Done {
    Drop,
    Forget,
    CommitAndForget(Count),
    TakeAndForget(Count),
    ForEach,
    BreakAt(Count),
    PanicAt(Count),
    Panic,
}

/// What becomes of a glimpse.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Seen {
    Drop,
    Forget,
    Panic,
}

/// What an editor does with a batch.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(fuzzing, derive(arbitrary::Arbitrary))]
pub(crate) enum Edit {
    All,
    ForEach,
    Nothing,
    ForgetAfter(Count),
    PanicAfter(Count),
    PanicAt(Count),
}
