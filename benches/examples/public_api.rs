//! Prints the public API of a library, one item a line, from what rustdoc says of it in JSON:
//! `.ci/public-api` compares it with `docs/public-api.txt`.

use std::env;
use std::error::Error;

use public_api::Builder;

fn main() -> Result<(), Box<dyn Error>> {
    let json = env::args_os().nth(1).ok_or("the path of the JSON file is missing")?;
    // What every type has by itself is left out; `tests/auto_traits.rs` checks the auto traits.
    let api = Builder::from_rustdoc_json(json)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    print!("{api}");
    Ok(())
}
