//! Without servers: the stream is a log on this machine.

use crate::running::{Ended, lines, program};

fn run(arguments: &[&str]) -> Ended {
    program(arguments).output().unwrap().into()
}

#[test]
fn a_file_comes_out_as_it_went_in() {
    let folder = tempfile::tempdir().unwrap();
    let (file, log) = (folder.path().join("file"), folder.path().join("log"));
    std::fs::write(&file, lines(0..1000)).unwrap();
    let (file, log) = (file.to_str().unwrap(), log.to_str().unwrap());
    run(&["ship", "--embedded", log, "--create", "--file", file]).good();
    let out = run(&["mirror", "--embedded", log, "--until-resigned"]).good();
    assert_eq!(out, lines(0..1000));
}
