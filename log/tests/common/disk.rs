//! A disk in memory. It knows what was synced; it can lose the rest, and it can refuse.
//!
//! Files are what names refer to, as in a directory: handles stay with their file when its name is taken away.
//! What was written is read at once, and is on the disk when the file is synced. A name is on the disk when the
//! names are synced.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use broadring_log::storage::{Holder, LockError, Mode, Storage, StoredFile};

use super::random::Random;

/// What a disk keeps together: of a sector all is written, or nothing.
const SECTOR: usize = 512;

/// All files of a disk, by name.
pub(crate) type Image = BTreeMap<String, Vec<u8>>;

/// A disk in memory. Clones are the same disk.
#[derive(Clone)]
pub(crate) struct Disk {
    state: Arc<Mutex<State>>,
    /// The process that has it, if it is one that can die.
    process: Option<u64>,
}

struct State {
    files: BTreeMap<u64, File>,
    next_file: u64,
    names: BTreeMap<String, u64>,
    durable_names: BTreeMap<String, u64>,
    /// What was done to names since they were synced.
    renamed: Vec<Naming>,
    locked: bool,
    /// Handles of an earlier life do nothing: their process is dead.
    life: u64,
    /// How often something was changed, or tried to be.
    calls: u64,
    faults: Faults,
    /// Whether syncing does something.
    syncs: bool,
    random: Random,
}

#[derive(Default)]
struct File {
    content: Vec<u8>,
    durable: Vec<u8>,
    /// What was done since it was synced.
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Size(u64),
}

#[derive(Clone)]
enum Naming {
    Named(String, u64),
    Removed(String),
    Renamed(String, String, u64),
}

/// When the disk refuses, counted in changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// From this change on the disk does nothing any more: the power is about to go.
    pub(crate) dead_from: Option<u64>,
    /// These changes fail.
    pub(crate) failing: Option<std::ops::Range<u64>>,
    /// One in so many changes fails.
    pub(crate) one_in: Option<u64>,
    /// Whether the disk has no room, so that only what takes room fails.
    pub(crate) full: bool,
    /// Whether what was not synced is read as it was before, once syncing has failed.
    pub(crate) reverts: bool,
}

impl Disk {
    pub(crate) fn new(seed: u64) -> Self {
        let state = State {
            files: BTreeMap::new(),
            next_file: 0,
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            renamed: Vec::new(),
            locked: false,
            life: 0,
            calls: 0,
            faults: Faults::default(),
            syncs: true,
            random: Random::new(seed),
        };
        Self { state: Arc::new(Mutex::new(state)), process: None }
    }

    /// Makes a disk with these files, all of which are on it.
    pub(crate) fn with(image: &Image) -> Self {
        let disk = Self::new(0);
        let mut state = disk.state();
        for (name, content) in image {
            let number = state.next_file;
            state.next_file += 1;
            let file =
                File { content: content.clone(), durable: content.clone(), pending: Vec::new() };
            state.files.insert(number, file);
            state.names.insert(name.clone(), number);
        }
        state.durable_names = state.names.clone();
        drop(state);
        disk
    }

    /// The disk as what logs are opened on, by a process that can be killed.
    pub(crate) fn storage(&self) -> Arc<dyn Storage> {
        let process = Some(self.state().life);
        Arc::new(Self { state: Arc::clone(&self.state), process })
    }

    /// Makes a disk that forgets to sync.
    pub(crate) fn without_syncing(self) -> Self {
        self.state().syncs = false;
        self
    }

    /// Returns all files as they are read now.
    pub(crate) fn image(&self) -> Image {
        let state = self.state();
        state
            .names
            .iter()
            .map(|(name, number)| (name.clone(), state.files[number].content.clone()))
            .collect()
    }

    /// How often something was changed, or tried to be.
    pub(crate) fn calls(&self) -> u64 {
        self.state().calls
    }

    pub(crate) fn set_faults(&self, faults: Faults) {
        self.state().faults = faults;
    }

    /// Kills the process: what it has written is there, and its handles do nothing any more.
    pub(crate) fn kill(&self) {
        self.state().kill();
    }

    /// Cuts the power: what was not synced is there in part, or not at all.
    pub(crate) fn cut_power(&self) {
        let mut state = self.state();
        let state = &mut *state;
        state.kill();
        let mut names = state.durable_names.clone();
        for naming in std::mem::take(&mut state.renamed) {
            if state.random.once_in(2) {
                apply_naming(&mut names, naming);
            }
        }
        for file in state.files.values_mut() {
            let mut left = file.durable.clone();
            for change in file.pending.drain(..) {
                survive(&mut left, change, &mut state.random);
            }
            (file.content, file.durable) = (left.clone(), left);
        }
        state.files.retain(|number, _| names.values().any(|named| named == number));
        (state.names, state.durable_names) = (names.clone(), names);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The disk as its process has it, unless that is dead.
    fn alive(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.state();
        state.alive(self.process.unwrap_or(state.life))?;
        Ok(state)
    }
}

fn apply_naming(names: &mut BTreeMap<String, u64>, naming: Naming) {
    match naming {
        Naming::Named(name, number) => {
            names.insert(name, number);
        }
        Naming::Removed(name) => {
            names.remove(&name);
        }
        Naming::Renamed(from, to, number) => {
            names.remove(&from);
            names.insert(to, number);
        }
    }
}

/// Does to a file what is left of a change.
fn survive(file: &mut Vec<u8>, change: Change, random: &mut Random) {
    let fate = random.below(8);
    match change {
        change if fate < 3 => apply(file, &change),
        // Only the length of the file has come to the disk.
        Change::Write(offset, bytes) if fate == 3 => {
            let end = offset as usize + bytes.len();
            if file.len() < end {
                file.resize(end, 0);
            }
        }
        // Some sectors.
        Change::Write(offset, bytes) if fate < 6 => {
            let garbage = random.once_in(8);
            let mut at = 0;
            while at < bytes.len() {
                let begin = offset as usize + at;
                let length = (SECTOR - begin % SECTOR).min(bytes.len() - at);
                if random.once_in(2) {
                    let sector = bytes[at..at + length].to_vec();
                    apply(file, &Change::Write(begin as u64, sector));
                } else if garbage && begin >= file.len() {
                    apply(file, &Change::Write(begin as u64, random.bytes(length)));
                }
                at += length;
            }
        }
        _ => {}
    }
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, bytes) => {
            let (begin, end) = (*offset as usize, *offset as usize + bytes.len());
            if file.len() < end {
                file.resize(end, 0);
            }
            file[begin..end].copy_from_slice(bytes);
        }
        Change::Size(size) => file.resize(*size as usize, 0),
    }
}

impl State {
    fn kill(&mut self) {
        self.life += 1;
        self.locked = false;
        self.faults = Faults::default();
    }

    /// Counts a change, and decides whether it fails. `room` says whether it takes room.
    fn change(&mut self, room: bool) -> io::Result<()> {
        let call = self.calls;
        self.calls += 1;
        let faults = &self.faults;
        if faults.dead_from.is_some_and(|from| call >= from) {
            return Err(io::Error::other("the power goes"));
        }
        let fails = faults.failing.as_ref().is_some_and(|failing| failing.contains(&call))
            || faults.one_in.is_some_and(|times| self.random.once_in(times));
        match (fails, faults.full) {
            (true, true) if room => Err(io::Error::from(io::ErrorKind::StorageFull)),
            (true, false) => Err(io::Error::other("the disk refuses")),
            _ => Ok(()),
        }
    }

    /// Whether nothing is done any more. The change at which the power goes may be done in part.
    fn is_dead(&self) -> bool {
        self.faults.dead_from.is_some_and(|from| self.calls > from + 1)
    }

    fn alive(&self, life: u64) -> io::Result<()> {
        match self.life == life {
            true => Ok(()),
            false => Err(io::Error::other("the process is dead")),
        }
    }

    fn number(&self, name: &str) -> io::Result<u64> {
        self.names.get(name).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

impl Storage for Disk {
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn StoredFile>> {
        let mut state = self.alive()?;
        let number = match (state.number(name), mode) {
            (Ok(_), Mode::Create) => return Err(io::ErrorKind::AlreadyExists.into()),
            (Ok(number), _) => number,
            (Err(error), Mode::Read | Mode::Write) => return Err(error),
            (Err(_), Mode::Create | Mode::CreateOrWrite) => {
                state.change(true)?;
                let number = state.next_file;
                state.next_file += 1;
                state.files.insert(number, File::default());
                state.names.insert(name.to_owned(), number);
                state.renamed.push(Naming::Named(name.to_owned(), number));
                number
            }
        };
        let life = state.life;
        Ok(Box::new(Handle { disk: self.clone(), number, life, writes: mode != Mode::Read }))
    }

    fn list(&self) -> io::Result<Vec<String>> {
        Ok(self.alive()?.names.keys().cloned().collect())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.alive()?;
        state.number(name)?;
        state.change(false)?;
        state.names.remove(name);
        state.renamed.push(Naming::Removed(name.to_owned()));
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.alive()?;
        let number = state.number(from)?;
        state.change(true)?;
        let naming = Naming::Renamed(from.to_owned(), to.to_owned(), number);
        apply_naming(&mut state.names, naming.clone());
        state.renamed.push(naming);
        Ok(())
    }

    fn sync_names(&self) -> io::Result<()> {
        let mut state = self.alive()?;
        state.change(false)?;
        if state.syncs {
            state.durable_names = state.names.clone();
            state.renamed.clear();
        }
        Ok(())
    }

    fn lock(&self) -> Result<Box<dyn fmt::Debug + Send + Sync>, LockError> {
        let mut state = self.alive()?;
        if state.locked {
            return Err(LockError::Held(Holder::unknown()));
        }
        state.locked = true;
        Ok(Box::new(Lock { disk: self.clone(), life: state.life }))
    }

    fn is_locked(&self) -> io::Result<bool> {
        Ok(self.alive()?.locked)
    }

    fn describe(&self, name: &str) -> String {
        format!("disk/{name}")
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Disk")
    }
}

struct Lock {
    disk: Disk,
    life: u64,
}

impl Drop for Lock {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.life == self.life {
            state.locked = false;
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lock")
    }
}

#[derive(Debug)]
struct Handle {
    disk: Disk,
    number: u64,
    life: u64,
    writes: bool,
}

impl Handle {
    /// Changes the file, unless the disk refuses.
    fn change(&self, change: Change) -> io::Result<()> {
        let mut state = self.disk.state();
        state.alive(self.life)?;
        assert!(self.writes, "a file that is open for reading is written");
        let change = match (state.change(true), change) {
            (Ok(()), change) => (change, Ok(())),
            // A part of it may have been written.
            (Err(error), Change::Write(offset, mut bytes)) => {
                if state.is_dead() {
                    return Err(error);
                }
                let there = state.random.below(bytes.len() as u64 + 1) as usize;
                bytes.truncate(there);
                (Change::Write(offset, bytes), Err(error))
            }
            (Err(error), Change::Size(_)) => return Err(error),
        };
        let file = state.files.get_mut(&self.number).expect("a file with a handle is there");
        apply(&mut file.content, &change.0);
        file.pending.push(change.0);
        change.1
    }
}

impl StoredFile for Handle {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let state = self.disk.state();
        state.alive(self.life)?;
        let content = &state.files[&self.number].content;
        let rest = content.get(offset as usize..).unwrap_or_default();
        let length = rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.change(Change::Write(offset, bytes.to_vec()))
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.alive(self.life)?;
        let synced = state.change(false);
        let (syncs, reverts) = (state.syncs, state.faults.reverts);
        let dead = state.faults.dead_from.is_some();
        let file = state.files.get_mut(&self.number).expect("a file with a handle is there");
        match synced {
            Ok(()) if syncs => {
                let changes = std::mem::take(&mut file.pending);
                changes.iter().for_each(|change| apply(&mut file.durable, change));
            }
            Ok(()) => {}
            Err(_) if dead => {}
            // What could not be synced counts as synced from now on, and is not.
            Err(_) => {
                file.pending.clear();
                if reverts {
                    file.content = file.durable.clone();
                }
            }
        }
        synced
    }

    fn size(&self) -> io::Result<u64> {
        let state = self.disk.state();
        state.alive(self.life)?;
        Ok(state.files[&self.number].content.len() as u64)
    }

    fn set_size(&self, size: u64) -> io::Result<()> {
        self.change(Change::Size(size))
    }
}
