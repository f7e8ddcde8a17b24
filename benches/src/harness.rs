//! What every command shares: its options, its progress bar, and Ctrl-C.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, ensure};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::cores::{self, Places};
use crate::subject::{Subject, Visitor};
use crate::subjects;

/// The options that every command takes.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// An overview in a minute at most: shorter runs, fewer rounds, coarser numbers
    #[arg(long, global = true)]
    pub quick: bool,

    /// Also write the results as JSON to this file; `-` is the standard output, which
    /// then gets nothing else
    #[arg(long, global = true, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// The cores to run on: the writer's first, then the readers' [default: all]
    #[arg(long, global = true, value_name = "CORE,CORE...", value_delimiter = ',')]
    pub cores: Option<Vec<usize>>,
}

/// Which of the subjects to measure.
#[derive(Args, Clone, Debug, Default)]
pub struct Selection {
    /// Measure only the subjects whose names contain one of these words; broadring is
    /// always measured
    #[arg(long, value_name = "WORD,WORD...", value_delimiter = ',')]
    pub only: Vec<String>,
}

impl Selection {
    /// Whether this subject is to be measured.
    pub fn takes<S: Subject>(&self) -> bool {
        let own = S::NAME == "broadring";
        own || is_chosen(S::NAME, &self.only)
    }

    /// Checks that every word is in some subject's name.
    ///
    /// # Errors
    ///
    /// If one is not, with the names that there are.
    pub fn check(&self) -> Result<()> {
        struct Names(Vec<&'static str>);
        impl Visitor for Names {
            fn visit<S: Subject>(&mut self) {
                self.0.push(S::NAME);
            }
        }
        let mut names = Names(Vec::new());
        subjects::visit(&mut names);
        check_words(&self.only, "subject", &names.0)
    }
}

/// Whether one of the words is in the name, or there is no word.
pub(crate) fn is_chosen(name: &str, words: &[String]) -> bool {
    words.is_empty() || words.iter().any(|word| name.contains(&**word))
}

/// Checks that every word is in some of the names, and says which there are if not.
pub(crate) fn check_words(words: &[String], what: &str, names: &[impl AsRef<str>]) -> Result<()> {
    for word in words {
        let known = names.iter().any(|name| name.as_ref().contains(&**word));
        let names = || names.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("; ");
        ensure!(known, "no {what} is called {word:?}; there are: {}", names());
    }
    Ok(())
}

/// One run of the program.
#[derive(Clone, Debug)]
pub struct Harness {
    options: Options,
    places: Places,
    stop: Arc<AtomicBool>,
}

impl Harness {
    /// Checks the options, and begins to listen for Ctrl-C.
    ///
    /// # Errors
    ///
    /// If a core does not exist, or the file for the results cannot be written.
    pub fn begin(options: Options) -> Result<Self> {
        let cores = match &options.cores {
            Some(wanted) => {
                cores::check(wanted)?;
                wanted.clone()
            }
            None => cores::available()?,
        };
        if let Some(path) = options.json.as_deref().filter(|path| *path != Path::new("-")) {
            // Better now than after the measurement. What is in it stays until then.
            OpenOptions::new()
                .append(true)
                .create(true)
                .open(path)
                .with_context(|| cannot_write(path))?;
        }
        let stop = Arc::new(AtomicBool::new(false));
        ctrlc::set_handler({
            let stop = Arc::clone(&stop);
            move || {
                // ORDERING: a flag alone; nothing is read on the strength of it.
                if stop.swap(true, Ordering::Relaxed) {
                    std::process::exit(130);
                }
                eprintln!("\nstopping after this round; once more to stop at once");
            }
        })
        .context("listening for Ctrl-C")?;
        Ok(Self { options, places: Places::on(cores), stop })
    }

    /// Whether Ctrl-C was pressed: end the measurement, and show what there is.
    pub fn stopped(&self) -> bool {
        // ORDERING: a flag alone, as above.
        self.stop.load(Ordering::Relaxed)
    }

    /// Whether an overview is enough.
    pub fn quick(&self) -> bool {
        self.options.quick
    }

    /// Where the threads run.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Whether the results for people have the standard output to themselves.
    pub fn talks(&self) -> bool {
        self.options.json.as_deref() != Some(Path::new("-"))
    }

    /// Shows a bar of so many steps on the standard error, if that is a terminal.
    ///
    /// # Panics
    ///
    /// Never: the template is a constant.
    pub fn bar(&self, steps: usize) -> ProgressBar {
        let style = ProgressStyle::with_template("{bar:24} {pos}/{len} {msg} ({eta} left)")
            .expect("the template is right");
        ProgressBar::new(steps as u64).with_style(style)
    }

    /// Writes the results as JSON, if they were asked for.
    ///
    /// # Errors
    ///
    /// If they cannot be written.
    pub fn write_json(&self, results: &impl Serialize) -> Result<()> {
        let Some(path) = &self.options.json else { return Ok(()) };
        let mut json = serde_json::to_string_pretty(results).context("writing JSON")?;
        json.push('\n');
        if self.talks() {
            write_file(path, &json)
        } else {
            io::stdout().write_all(json.as_bytes()).context("writing JSON")
        }
    }
}

/// Writes a file, and names it if that fails.
///
/// # Errors
///
/// If it cannot be written.
pub fn write_file(path: &Path, contents: &str) -> Result<()> {
    fs::write(path, contents).with_context(|| cannot_write(path))
}

fn cannot_write(path: &Path) -> String {
    format!("cannot write {}", path.display())
}
