//! What was measured on, and when: printed with every result.

use std::fmt;
use std::fs;

use jiff::Timestamp;
use serde::Serialize;

/// The machine, the compiler, the source and the moment of a measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Machine {
    /// The processor's own name for itself.
    pub processor: String,
    /// How many cores this process may run on.
    pub cores: usize,
    /// Whether the machine says that it is a virtual one.
    pub virtual_machine: bool,
    /// The operating system and its kernel.
    pub system: String,
    /// The compiler that built this program.
    pub compiler: String,
    /// The commit that this program was built from, marked if the tree differed from it.
    pub commit: String,
    /// The load average of the last minute when the measurement began.
    pub load: Option<f64>,
    /// When the measurement began, in universal time.
    pub date: String,
}

impl Machine {
    /// Looks at this machine, now.
    pub fn here() -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let field = |name: &str| {
            let line = cpu.lines().find(|line| line.starts_with(name))?;
            Some(line.split_once(':')?.1.trim().to_owned())
        };
        let processor = match (field("model name"), field("cpu family"), field("model\t")) {
            (Some(name), Some(family), Some(model)) => {
                format!("{name} (family {family}, model {model})")
            }
            (Some(name), ..) => name,
            _ => std::env::consts::ARCH.to_owned(),
        };
        let system = fs::read_to_string("/proc/sys/kernel/osrelease")
            .map(|release| format!("{} {}", std::env::consts::OS, release.trim()))
            .unwrap_or_else(|_| std::env::consts::OS.to_owned());
        let load = fs::read_to_string("/proc/loadavg")
            .ok()
            .and_then(|load| load.split_whitespace().next()?.parse().ok());
        Self {
            processor,
            cores: core_affinity::get_core_ids().map_or(1, |cores| cores.len()),
            virtual_machine: field("flags").is_some_and(|flags| flags.contains("hypervisor")),
            system,
            compiler: env!("BROADRING_COMPILER").to_owned(),
            commit: env!("BROADRING_COMMIT").to_owned(),
            load,
            date: Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        }
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { processor, cores, virtual_machine, system, compiler, commit, load, date } = self;
        let kind = if *virtual_machine { "virtual machine, " } else { "" };
        let plural = if *cores == 1 { "" } else { "s" };
        writeln!(f, "{kind}{cores} core{plural}, {processor}, {system}")?;
        write!(f, "{compiler}; commit {commit}; {date}")?;
        match load {
            Some(load) => write!(f, "; load {load:.2}"),
            None => Ok(()),
        }
    }
}
