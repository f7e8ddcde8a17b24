//! The files that a measurement leaves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::results::Results;
use super::{hgrm, html, plots};
use crate::harness::write_file;

/// A directory for them.
#[derive(Debug)]
pub(super) struct Output {
    directory: PathBuf,
}

impl Output {
    /// Makes the directory, and sees that files can be written there: better now than
    /// after the measurement.
    pub(super) fn prepare(directory: &Path) -> Result<Self> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make the directory {}", directory.display()))?;
        let probe = directory.join(".writable");
        write_file(&probe, "")?;
        fs::remove_file(&probe).with_context(|| format!("cannot remove {}", probe.display()))?;
        Ok(Self { directory: directory.to_owned() })
    }

    /// Returns where the report is.
    pub(super) fn report(&self) -> PathBuf {
        self.directory.join("report.html")
    }

    /// Writes the percentile files, the plots and the report.
    pub(super) fn write(&self, results: &Results) -> Result<()> {
        for row in &results.rows {
            let title = format!("latency of {} at {}", row.subject, row.rate);
            self.file(&hgrm::file_name(row), &hgrm::text(&title, &row.all))?;
        }
        let plots = plots::draw(results)?;
        for plot in &plots {
            self.file(&format!("{}.svg", plot.name), &plot.svg)?;
        }
        self.file("report.html", &html::page(results, &plots))
    }

    fn file(&self, name: &str, contents: &str) -> Result<()> {
        write_file(&self.directory.join(name), contents)
    }
}
