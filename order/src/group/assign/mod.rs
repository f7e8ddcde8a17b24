//! Who gets which partition: a pure function.

#![forbid(unsafe_code)]

#[cfg(test)]
mod tests;

/// Assigns every partition to a member, given who had it. `None` for all if there are no members.
///
/// The numbers of partitions of two members differ by one at most. As few partitions as that allows
/// are assigned to another member than the one that had them. The answer depends on the arguments
/// alone: where there is a choice, members that are earlier in `members` get more, and partitions with
/// a smaller index stay.
pub(super) fn assign<M: Copy + PartialEq>(previous: &[Option<M>], members: &[M]) -> Vec<Option<M>> {
    if members.is_empty() {
        return vec![None; previous.len()];
    }
    let mut quotas = quotas(previous, members);
    // What stays: as many of its partitions as a member may have.
    let mut next: Vec<Option<M>> = Vec::with_capacity(previous.len());
    for &owner in previous {
        let member = members.iter().position(|&member| owner == Some(member));
        let stays = member.filter(|&member| quotas[member] > 0);
        if let Some(member) = stays {
            quotas[member] -= 1;
        }
        next.push(stays.map(|member| members[member]));
    }
    // The others fill the members up.
    let mut room =
        members.iter().zip(quotas).flat_map(|(&member, left)| (0..left).map(move |_| member));
    for owner in next.iter_mut().filter(|owner| owner.is_none()) {
        *owner = room.next();
    }
    next
}

/// Returns how many partitions each member is to have.
///
/// Some members have one more than the others, unless it works out evenly. To move as few as
/// possible, these are members that have so many already, if there are enough of them.
fn quotas<M: Copy + PartialEq>(previous: &[Option<M>], members: &[M]) -> Vec<usize> {
    let (least, mut more) = (previous.len() / members.len(), previous.len() % members.len());
    let count = |member: M| previous.iter().filter(|&&owner| owner == Some(member)).count();
    let had: Vec<usize> = members.iter().map(|&member| count(member)).collect();
    let mut quotas = vec![least; members.len()];
    for has_many in [true, false] {
        for (quota, _) in quotas.iter_mut().zip(&had).filter(|&(_, &had)| (had > least) == has_many)
        {
            let extra = more.min(1);
            *quota += extra;
            more -= extra;
        }
    }
    quotas
}
