use std::thread;
use std::time::{Duration, Instant};

use broadring::Ring;
use broadring_jetstream::servers::Servers;
use broadring_jetstream::{Shipper, StreamOptions};
use broadring_log::codec::Postcard;

#[test]
fn smoke() {
    let mut servers = Servers::start(3).unwrap();
    let connect = || {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match StreamOptions::new("s").servers(servers.urls()).create(true).connect() {
                Ok(stream) => break stream,
                Err(error) if Instant::now() < until => {
                    eprintln!("{error}");
                    thread::sleep(Duration::from_millis(200))
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    let stream = connect();
    let leadership = stream.candidate("a").campaign().unwrap();
    eprintln!("{leadership:?}");
    let (mut writer, ring) =
        Ring::builder(65536).first_sequence(leadership.next_sequence()).build(|| 0_u64);
    let shipper = Shipper::builder(leadership, Postcard::new(0)).start(&ring).unwrap();
    let (mirror_writer, mirror_ring) = Ring::builder(65536).build(|| 0_u64);
    let mut reader = mirror_ring.subscribe().unwrap();
    let other = connect();
    let mirror = other.mirror(Postcard::<u64>::new(0)).until_resigned(true).start(mirror_writer);
    let reading = thread::spawn(move || {
        let mut count = 0;
        reader.run(|event, sequence, _| {
            assert_eq!(*event, u64::from(sequence) * 3);
            count += 1;
        });
        count
    });
    let start = Instant::now();
    for number in 0..1_000_000_u64 {
        writer.publish(number * 3);
        if number == 500_000 {
            let leader = stream.status().unwrap().leader.unwrap();
            eprintln!("kill {leader} {:?}", start.elapsed());
            let index = servers.position(&leader).unwrap();
            servers.kill(index).unwrap();
        }
    }
    eprintln!("published {:?} {:?}", start.elapsed(), shipper.stats());
    drop(writer);
    let end = shipper.join().unwrap();
    eprintln!("shipped {:?} {end}", start.elapsed());
    eprintln!("{:?}", mirror.join());
    assert_eq!(reading.join().unwrap(), 1_000_000);
    eprintln!("mirrored {:?}", start.elapsed());
    eprintln!("{:#?}", stream.status());
}
