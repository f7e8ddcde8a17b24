//! Notes which compiler and which commit the measurements are of.

use std::env;
use std::process::Command;

fn main() {
    let compiler = env::var("RUSTC").expect("cargo sets RUSTC");
    let compiler = output(&compiler, &["--version"]).unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=BROADRING_COMPILER={compiler}");

    let commit = output("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    println!("cargo::rustc-env=BROADRING_COMMIT={}", commit.as_deref().unwrap_or("unknown"));
    // The tree is dirty or not by what is in the sources; committing changes the log.
    for changed in ["../src", "src", "../.git/logs/HEAD", "../.git/index"] {
        println!("cargo::rerun-if-changed={changed}");
    }
}

/// Returns what the command prints, if it can be run and succeeds.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !text.trim().is_empty()).then(|| text.trim().to_owned())
}
