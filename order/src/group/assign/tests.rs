//! The assignment is fair, moves as little as it can, and depends on nothing else.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::assign;

/// How many partitions have another owner than before.
fn moves(previous: &[Option<u8>], next: &[Option<u8>]) -> usize {
    previous.iter().zip(next).filter(|(before, after)| before != after).count()
}

fn is_fair(owners: &[Option<u8>], members: &[u8]) -> bool {
    let count = |member: &u8| owners.iter().filter(|&&owner| owner == Some(*member)).count();
    let counts: Vec<usize> = members.iter().map(count).collect();
    let most = counts.iter().max().copied().unwrap_or(0);
    let least = counts.iter().min().copied().unwrap_or(0);
    counts.iter().sum::<usize>() == owners.len() && most - least <= 1
}

/// The fewest moves of any fair assignment, found by trying all of them.
fn fewest_moves(previous: &[Option<u8>], members: &[u8]) -> usize {
    let all = members.len().pow(previous.len() as u32);
    let assignment = |mut number: usize| -> Vec<Option<u8>> {
        let mut digit = || {
            let member = members[number % members.len()];
            number /= members.len();
            member
        };
        previous.iter().map(|_| Some(digit())).collect()
    };
    let fair = (0..all).map(assignment).filter(|owners| is_fair(owners, members));
    fair.map(|owners| moves(previous, &owners)).min().expect("some assignment is fair")
}

/// Members, in any order and without repetition, of whom up to four are left.
fn some_members() -> impl Strategy<Value = Vec<u8>> {
    Just((0..6_u8).collect::<Vec<_>>())
        .prop_shuffle()
        .prop_flat_map(|all| (1..5_usize).prop_map(move |count| all[..count].to_vec()))
}

proptest! {
    #[test]
    fn every_partition_has_an_owner_and_no_member_has_two_more_than_another(
        previous in vec(option::of(0..30_u8), 0..40),
        members in Just((0..30_u8).collect::<Vec<_>>()).prop_shuffle(),
        count in 1..30_usize,
    ) {
        let members = &members[..count];
        prop_assert!(is_fair(&assign(&previous, members), members));
    }

    #[test]
    fn no_fair_assignment_moves_fewer_partitions(
        previous in vec(option::of(0..6_u8), 0..7),
        members in some_members(),
    ) {
        let next = assign(&previous, &members);
        prop_assert_eq!(moves(&previous, &next), fewest_moves(&previous, &members));
    }

    #[test]
    fn what_is_fair_already_stays(
        previous in vec(option::of(0..6_u8), 0..20),
        members in some_members(),
    ) {
        let next = assign(&previous, &members);
        prop_assert_eq!(assign(&next, &members), next);
    }
}

#[test]
fn without_members_nobody_has_anything() {
    assert_eq!(assign(&[Some(1), None], &[]), [None, None]);
}

#[test]
fn earlier_members_get_more_and_earlier_partitions_stay() {
    assert_eq!(assign(&[None; 5], &[7, 3]), [Some(7), Some(7), Some(7), Some(3), Some(3)]);
    assert_eq!(assign(&[Some(7); 4], &[7, 3]), [Some(7), Some(7), Some(3), Some(3)]);
}
