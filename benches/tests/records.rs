//! Everything that carries records delivers every record, whole and in order.

mod watched;

use broadring_benches::cores::Places;
use broadring_benches::records::carrier::{Carrier, Load, Visitor};
use broadring_benches::records::record::{Ledger, Lengths, write};
use broadring_benches::records::{carriers, race};

use watched::watched;

struct Racing(Load);

impl Visitor for Racing {
    fn visit<C: Carrier>(&mut self) {
        let load = self.0;
        if C::suits(&load) {
            watched(C::NAME, move || {
                let places = Places::on(Vec::new());
                let (_, bytes) = race::race::<C>(&places, load, 4096);
                assert!((8 * 4096..=4096 * load.lengths.longest() as u64).contains(&bytes));
            });
        }
    }
}

#[test]
fn every_carrier_delivers_every_record() {
    for longest in [8, 56, 128] {
        for (readers, batch) in [(1, 1), (2, 1), (1, 16), (3, 4)] {
            let lengths = Lengths::up_to(longest);
            carriers::visit(&mut Racing(Load { capacity: 1024, readers, batch, lengths }));
        }
    }
}

#[test]
fn lengths_are_in_their_range_and_differ() {
    let lengths = Lengths::up_to(56);
    let mut counts = [0; 57];
    (0..10_000).for_each(|number| counts[lengths.of(number)] += 1);
    assert!(counts[..8].iter().all(|&count| count == 0));
    assert!(counts[8..].iter().all(|&count| count > 100), "{counts:?}");
}

#[test]
#[should_panic = "records seen, and wrong ones"]
fn a_wrong_record_is_noticed() {
    let lengths = Lengths::up_to(56);
    let mut ledger = Ledger::default();
    for number in [0, 2] {
        let mut record = vec![0; lengths.of(number)];
        write(&mut record, number);
        ledger.see(&record, lengths);
    }
    ledger.check("a reader that misses one", 2, lengths);
}
