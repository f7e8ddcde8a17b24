//! The bare limit: one `write` for each frame, and `fdatasync`. It checks nothing.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::super::engine::Engine;
use super::super::frame::Frame;

/// Before each frame: the number of its first record, and its length.
const HEAD: usize = 16;

/// A frame may not claim to be longer.
const LONGEST: u64 = 1 << 24;

/// A way to let the file grow.
pub trait Growth: fmt::Debug + 'static {
    /// What it is called.
    const NAME: &'static str;
    /// The file grows by so many bytes of zeros at once, which are synced. Then a frame changes neither how
    /// long the file is nor where it lies on the disk, and the file system has nothing of its own to sync.
    const STEP: u64;
}

/// With each frame.
#[derive(Debug)]
pub struct Appended;

impl Growth for Appended {
    const NAME: &'static str = "bare file";
    const STEP: u64 = 0;
}

/// Ahead of the frames.
#[derive(Debug)]
pub struct Ahead;

impl Growth for Ahead {
    const NAME: &'static str = "bare file, zeros ahead";
    const STEP: u64 = 8 << 20;
}

/// A file of frames. After them, there may be zeros.
#[derive(Debug)]
pub struct Bare<G: Growth> {
    path: PathBuf,
    file: File,
    /// Where the next frame goes.
    end: u64,
    len: u64,
    buffer: Vec<u8>,
    growth: PhantomData<G>,
}

impl<G: Growth> Bare<G> {
    fn open(path: PathBuf, mut file: File) -> Result<Self> {
        let end = read(&file, &mut |_, _| ())?;
        file.seek(SeekFrom::Start(end))?;
        let len = if G::STEP == 0 { end } else { file.metadata()?.len() };
        if G::STEP == 0 {
            file.set_len(end)?;
        }
        Ok(Self { path, file, end, len, buffer: Vec::new(), growth: PhantomData })
    }

    /// Makes the file longer, so that there is room for so many bytes.
    fn grow(&mut self, bytes: u64) -> Result<()> {
        // A handle of its own, so that the other one stays where it is.
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        file.seek(SeekFrom::Start(self.len))?;
        let zeros = vec![0; 1 << 16];
        while self.len < self.end + bytes + G::STEP {
            file.write_all(&zeros)?;
            self.len += zeros.len() as u64;
        }
        file.sync_all()?;
        Ok(())
    }
}

impl<G: Growth> Engine for Bare<G> {
    const NAME: &'static str = G::NAME;
    const CHECKS: bool = false;

    fn create(dir: &Path) -> Result<Self> {
        let path = dir.join("frames");
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        File::open(dir)?.sync_all()?;
        Self::open(path, file)
    }

    /// Goes from frame to frame to find the end.
    fn reopen(dir: &Path) -> Result<Self> {
        let path = dir.join("frames");
        let file = OpenOptions::new().read(true).write(true).open(&path)?;
        Self::open(path, file)
    }

    fn append(&mut self, frame: &Frame, sync: bool) -> Result<()> {
        self.buffer.clear();
        self.buffer.extend(frame.first().to_le_bytes());
        self.buffer.extend((frame.bytes().len() as u64).to_le_bytes());
        self.buffer.extend(frame.bytes());
        let bytes = self.buffer.len() as u64;
        if G::STEP > 0 && self.end + bytes > self.len {
            self.grow(bytes)?;
        }
        self.file.write_all(&self.buffer)?;
        self.end += bytes;
        if sync {
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&File::open(&self.path)?, take).map(drop)
    }

    fn read_beside(dir: &Path, take: &mut dyn FnMut(u64, &[u8])) -> Result<()> {
        read(&File::open(dir.join("frames"))?, take).map(drop)
    }
}

/// Reads the whole frames, and returns how many bytes they take in the file.
fn read(file: &File, take: &mut dyn FnMut(u64, &[u8])) -> Result<u64> {
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut whole = 0;
    let mut head = [0; HEAD];
    let mut frame = Vec::new();
    loop {
        match file.read_exact(&mut head) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(whole),
            other => other?,
        }
        let [first, len] = [0, 8].map(|at| {
            let word: [u8; 8] = head[at..at + 8].try_into().expect("these are eight bytes");
            u64::from_le_bytes(word)
        });
        if len == 0 {
            return Ok(whole);
        }
        if len > LONGEST {
            bail!("the frame at byte {whole} would have {len} bytes");
        }
        frame.resize(len as usize, 0);
        match file.read_exact(&mut frame) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(whole),
            other => other?,
        }
        take(first, &frame);
        whole += HEAD as u64 + len;
    }
}
