//! Where the lines come from.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

use crate::options::Options;

/// The lines of some files, one file after the other and perhaps several times, or of standard
/// input.
pub(crate) struct Input {
    name: String,
    /// The files, none of them for standard input.
    files: Vec<PathBuf>,
    /// How many files are to be opened, counting repetitions.
    to_open: u64,
    opened: u64,
    source: Option<Source>,
    /// How many bytes there are to read, if that is known.
    len: Option<u64>,
    max_line: u64,
    /// How many lines may still be read.
    lines_left: u64,
    only_once: bool,
}

/// What is being read.
struct Source {
    name: String,
    /// How many lines were read.
    lines: u64,
    bytes: Box<dyn BufRead>,
}

impl Input {
    /// Opens the input that the options ask for.
    pub(crate) fn open(options: &Options) -> anyhow::Result<Self> {
        let (repeat, max_line) = (options.repeat(), options.max_line);
        match &options.file {
            Some(path) if path.as_os_str() == "-" => {
                ensure!(repeat == 1, "standard input can be read only once: leave out --repeat");
                let bytes = Box::new(io::stdin().lock());
                let name = "standard input".to_owned();
                let source = Some(Source { name: name.clone(), lines: 0, bytes });
                Ok(Self {
                    name,
                    files: Vec::new(),
                    to_open: 0,
                    opened: 0,
                    source,
                    len: None,
                    max_line,
                    lines_left: u64::MAX,
                    only_once: true,
                })
            }
            Some(path) => Self::of_files(path.display().to_string(), vec![path.clone()], options),
            None => {
                let files = own_sources()?;
                let name = format!("the {} source files of broadring", files.len());
                Self::of_files(name, files, options)
            }
        }
    }

    fn of_files(name: String, files: Vec<PathBuf>, options: &Options) -> anyhow::Result<Self> {
        let (repeat, max_line) = (options.repeat(), options.max_line);
        let mut len = Some(0);
        let mut only_once = false;
        for file in &files {
            let shown = file.display();
            let there = fs::metadata(file).with_context(|| format!("cannot read {shown}"))?;
            ensure!(!there.is_dir(), "cannot read {shown}: it is a directory, not a file");
            ensure!(
                repeat == 1 || there.is_file(),
                "{shown} is not a regular file, and can be read only once: leave out --repeat"
            );
            only_once |= !there.is_file();
            // The system may report a size of 0 for a file that it makes up while we read.
            let known = (there.is_file() && there.len() > 0).then_some(there.len());
            len = len.zip(known).map(|(len, more)| len + more);
        }
        let len = len.and_then(|len: u64| len.checked_mul(repeat));
        let to_open = repeat.saturating_mul(files.len() as u64);
        let name = if repeat > 1 { format!("{name}, {repeat} times over") } else { name };
        let mut input = Self {
            name,
            files,
            to_open,
            opened: 0,
            source: None,
            len,
            max_line,
            lines_left: u64::MAX,
            only_once,
        };
        input.open_next()?;
        Ok(input)
    }

    /// Returns what is read, for messages.
    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    /// Returns how many bytes there are to read, if that is known.
    pub(crate) fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether the input cannot be opened again: it is a pipe, or standard input.
    pub(crate) fn can_be_read_only_once(&self) -> bool {
        self.only_once
    }

    /// Reads no more than so many lines.
    pub(crate) fn limited_to(self, lines: u64) -> Self {
        Self {
            name: format!("the beginning of {}", self.name),
            lines_left: lines,
            len: None,
            ..self
        }
    }

    /// Appends the next line, with its end, to `line`. Returns false if there is none.
    pub(crate) fn read_line(&mut self, line: &mut Vec<u8>) -> anyhow::Result<bool> {
        let Some(lines_left) = self.lines_left.checked_sub(1) else { return Ok(false) };
        self.lines_left = lines_left;
        while let Some(source) = &mut self.source {
            if source.read_line(line, self.max_line)? {
                return Ok(true);
            }
            self.open_next()?;
        }
        Ok(false)
    }

    /// Opens the next file, if there is another.
    fn open_next(&mut self) -> anyhow::Result<()> {
        self.source = None;
        if self.opened < self.to_open {
            let path = &self.files[(self.opened % self.files.len() as u64) as usize];
            self.source = Some(Source::open(path)?);
            self.opened += 1;
        }
        Ok(())
    }
}

impl Source {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("cannot read {name}"))?;
        Ok(Self { name, lines: 0, bytes: Box::new(BufReader::new(file)) })
    }

    /// Reads a line, and never more than the longest line that is allowed.
    fn read_line(&mut self, line: &mut Vec<u8>, max_line: u64) -> anyhow::Result<bool> {
        let number = self.lines + 1;
        let read = self
            .bytes
            .by_ref()
            .take(max_line.saturating_add(1))
            .read_until(b'\n', line)
            .with_context(|| format!("cannot read line {number} of {}", self.name))?;
        if read as u64 > max_line && !line.ends_with(b"\n") {
            bail!(
                "line {number} of {} is longer than {max_line} bytes (see --max-line)",
                self.name
            );
        }
        self.lines = number;
        Ok(read > 0)
    }
}

/// Returns the source files of this project, which every checkout has.
fn own_sources() -> anyhow::Result<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("cannot list {}; name a file to read", folder.display()))?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
