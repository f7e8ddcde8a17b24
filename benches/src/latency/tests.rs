//! What could be wrong without anybody noticing.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use clap::Parser;
use indicatif::ProgressBar;

use super::clock::{Clock, SPAN};
use super::distribution::{self, Levels};
use super::output::Output;
use super::plan::Plan;
use super::rate::Rate;
use super::results::Results;
use super::schedule::Schedule;
use super::sweep::Sweep;
use super::watch::{END, Watch};
use super::{Arguments, clip, hgrm, html, plots, scale, table, units};
use crate::cores::{self, Places};
use crate::event::event;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    arguments: Arguments,
}

fn arguments(line: &str) -> Result<Arguments, clap::Error> {
    let words = std::iter::once("latency").chain(line.split_whitespace());
    Command::try_parse_from(words).map(|command| command.arguments)
}

fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

#[test]
fn rates_are_read_as_people_write_them() {
    let per_second = |text: &str| rate(text).per_second();
    assert_eq!(per_second("500"), 500);
    assert_eq!(per_second("10k"), 10_000);
    assert_eq!(per_second("2.5M"), 2_500_000);
    assert_eq!(per_second(" 1m "), 1_000_000);
    for wrong in ["", "k", "0", "0.2", "-5", "1e6", "inf", "nan", "10 k", "1.2.3", "10G", "2000M"] {
        assert!(wrong.parse::<Rate>().is_err(), "{wrong:?} is no rate");
    }
    let slugs = ["500", "10k", "2500k", "20M"];
    assert_eq!(slugs.map(|text| rate(text).slug()), slugs);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    for wrong in ["--payload 16", "--rates 0", "--rates 10k,,1M", "--mode nap"] {
        assert!(arguments(wrong).is_err(), "{wrong}");
    }
    for wrong in ["--rounds 0", "--readers 0", "--seconds 0", "--seconds nan", "--capacity 1000"] {
        assert!(Plan::new(&arguments(wrong).expect("well formed"), false).is_err(), "{wrong}");
    }
    let plan = Plan::new(&arguments("--rates 1M,10k,1M").expect("well formed"), true);
    assert_eq!(plan.expect("a plan").rates, [rate("10k"), rate("1M")]);
}

#[test]
fn due_times_do_not_drift() {
    // A third of a nanosecond a tick, and a rate that divides nothing.
    let (rate, start) = (rate("7777777"), 12_345);
    let schedule = Schedule::with_span(start, rate, SPAN / 3);
    for number in [0, 1, 2, 1_000, 77_777_777, 1_000_000_000] {
        let exact = u128::from(number) * 1_000_000_000 * u128::from(SPAN)
            / (u128::from(SPAN / 3) * u128::from(rate.per_second()));
        let due = u128::from(schedule.due(number) - start);
        assert!(due.abs_diff(exact) <= 1, "event {number}: {due} and not {exact}");
    }
    let slowest = Schedule::with_span(0, self::rate("1"), SPAN / 8);
    assert_eq!(slowest.due(60), 480_000_000_000);
}

#[test]
fn the_clock_and_its_ticks_agree() {
    let clock = Clock::new();
    let second = clock.ticks(std::time::Duration::from_secs(1));
    assert!(clock.nanos(0, second).abs_diff(1_000_000_000) <= 2);
    let cost = clock.cost();
    assert!(cost.read_ns > 0.0 && cost.arrival_ns < 100_000.0, "{cost:?}");
}

#[test]
fn pieces_make_up_the_plan() {
    for (line, seconds) in [("10k", 0.001), ("1", 1.0), ("3", 0.5), ("20M", 2.0)] {
        let line = format!("--rates {line} --seconds {seconds}");
        let plan = Plan::new(&arguments(&line).expect("well formed"), false).expect("a plan");
        let (planned, piece) = plan.load(plan.rates[0]).pieces();
        let wanted = plan.rates[0].per_second() as f64 * seconds;
        assert!(planned % piece == 0 && planned >= 2 && planned as f64 >= wanted, "{line}");
        assert!(planned as f64 <= (wanted * 1.05).max(2.0), "{line}: {planned}");
    }
}

#[test]
fn a_reader_notices_disorder_damage_and_the_end() {
    let watch = || Watch::new(Clock::new());
    let mut whole = watch();
    for stamp in [5, 5, 6, END] {
        assert!(!whole.ended());
        whole.see(&event::<8>(stamp));
    }
    assert!(whole.ended());
    let seen = whole.finish();
    assert_eq!((seen.count, seen.disorder, seen.torn), (3, false, false));
    let mut swapped = watch();
    [6, 5].iter().for_each(|stamp| swapped.see(&event::<1>(*stamp)));
    assert!(swapped.finish().disorder);
    let mut damaged = watch();
    damaged.see(&[5, 6, 8]);
    assert!(damaged.finish().torn);
}

#[test]
fn the_warm_up_is_not_recorded() {
    let mut watch = Watch::new(Clock::new());
    watch.see(&event::<1>(1));
    watch.record_after(u64::MAX / 2);
    watch.see(&event::<1>(2));
    watch.record_after(0);
    watch.see(&event::<1>(3));
    let seen = watch.finish();
    assert_eq!((seen.count, seen.latency.len()), (3, 1));
}

#[test]
fn percentiles_are_medians_over_the_rounds() {
    let round = |p50| Levels { p50: Some(p50), max: Some(1_000), ..Levels::default() };
    let all = distribution::over_rounds(&[round(30), round(10), round(20), Levels::default()]);
    let p50 = all.p50.expect("it was measured");
    assert_eq!((p50.median, p50.least, p50.greatest), (20.0, 10.0, 30.0));
    assert!(all.p90.is_none());
}

#[test]
fn percentiles_that_were_not_measured_are_not_shown() {
    let mut histogram = distribution::touched();
    assert_eq!(distribution::levels(&histogram), Levels::default());
    (1..=1_000).for_each(|value| histogram.saturating_record(value));
    let levels = distribution::levels(&histogram);
    assert_eq!((levels.p50, levels.p99_9), (Some(500), Some(999)));
    assert_eq!((levels.p99_99, levels.max), (None, Some(1_000)));
}

#[test]
fn hgrm_files_can_be_read_back() {
    let mut histogram = distribution::empty();
    (1..=100_000).for_each(|value| histogram.saturating_record(value * 7));
    let text = hgrm::text("a test", &histogram);
    let rows: Vec<Vec<f64>> = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.contains("Value"))
        .map(|line| line.split_whitespace().map(|word| word.parse().expect("a number")).collect())
        .filter(|row: &Vec<f64>| !row.is_empty())
        .collect();
    for row in &rows {
        let at = histogram.value_at_quantile(row[1]) as f64;
        assert!((row[0] - at).abs() <= at * 0.01, "{row:?} and {at}");
        if let Some(inverse) = row.get(3) {
            assert!((inverse - 1.0 / (1.0 - row[1])).abs() <= 0.01 + inverse * 1e-3, "{row:?}");
        }
    }
    let ascending = |column: usize| rows.is_sorted_by(|a, b| a[column] <= b[column]);
    assert!(ascending(0) && ascending(1) && ascending(2));
    let last = rows.last().expect("rows");
    assert_eq!((last.len(), last[1], last[2]), (3, 1.0, 100_000.0));
    assert_eq!(rows.iter().filter(|row| row.len() == 3).count(), 1, "one line for 100 %");
    assert!(text.contains("nanoseconds") && text.contains("Total count    =       100000]"));
}

#[test]
fn numbers_are_short_and_have_units() {
    let nanos = [7.0, 999.4, 999.6, 12_340.0, 999_700.0, 5.5e6, 3e9].map(units::nanos);
    assert_eq!(nanos, ["7 ns", "999 ns", "1 µs", "12.3 µs", "1 ms", "5.5 ms", "3 s"]);
    let rates = [12.0, 10_000.0, 3_216_000.0, 19_999_999.0].map(units::rate);
    assert_eq!(rates, ["12/s", "10 k/s", "3.22 M/s", "20 M/s"]);
}

#[test]
fn axes_hold_what_is_drawn() {
    let labels = |scale: &scale::Scale| -> Vec<String> {
        scale.labelled.iter().map(|step| (scale.label)(*step)).collect()
    };
    let narrow = scale::latencies(120.0, 900.0);
    assert_eq!(labels(&narrow), ["100 ns", "200 ns", "500 ns", "1 µs"]);
    let wide = scale::latencies(40.0, 3e7);
    assert!(wide.range.start <= 40_f64.log10() && wide.range.end >= 3e7_f64.log10());
    assert_eq!(labels(&wide)[0], "100 ns");
    let nines = scale::percentiles(4.2);
    assert_eq!(labels(&nines), ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"]);
    assert_eq!(labels(&scale::percentiles(6.0))[0], "50 %");
    assert_eq!(labels(&scale::rates(&[rate("10k"), rate("20M")])), ["10 k/s", "20 M/s"]);
}

#[test]
fn an_axis_of_latencies_gives_the_interesting_ones_the_room() {
    let ends = |reached: &[f64], others: &[f64]| {
        let range = scale::interesting(reached, others).range;
        [range.start, range.end].map(|end| units::nanos(10_f64.powf(end)))
    };
    // A queue that grew for half a second does not stretch the axis.
    assert_eq!(ends(&[160.0, 450.0], &[2e8]), ["100 ns", "10 µs"]);
    // Subjects that kept up do, but not beyond the top.
    assert_eq!(ends(&[160.0, 30e3], &[2e8]), ["100 ns", "50 µs"]);
    assert_eq!(ends(&[160.0, 3e6], &[]), ["100 ns", "100 µs"]);
    assert_eq!(ends(&[20e3, 30e3], &[]), ["1 µs", "50 µs"]);
    // If nothing would be on the scale, the axis shows all there is.
    assert_eq!(ends(&[], &[2e8, 3e8]), ["20 ms", "500 ms"]);
    assert_eq!(ends(&[], &[]), ["100 ns", "1 µs"]);
}

#[test]
fn lines_are_cut_at_the_top_of_the_scale() {
    let clipped = clip::line(&[(0.0, 1.0), (1.0, 3.0), (2.0, 3.0), (3.0, 1.0)], 2.0);
    assert_eq!(clipped.parts, [vec![(0.0, 1.0), (0.5, 2.0)], vec![(2.5, 2.0), (3.0, 1.0)]]);
    assert_eq!(clipped.exits, [0.5]);
    let below = clip::line(&[(0.0, 1.0), (1.0, 2.0)], 2.0);
    assert_eq!((below.parts.len(), below.exits.len()), (1, 0));
    assert_eq!(clip::line(&[(0.0, 3.0), (1.0, 4.0)], 2.0), clip::Clipped::default());
}

/// Measures with every subject that can, shortly.
fn measured(line: &str, stopped: impl Fn() -> bool) -> Results {
    let arguments = arguments(line).expect("well formed");
    let plan = Plan::new(&arguments, true).expect("a plan");
    let places = Places::on(cores::available().expect("cores"));
    let sweep = Sweep::prepare(plan, places, &arguments.selection);
    sweep.measure(&Clock::new(), &ProgressBar::hidden(), stopped)
}

fn directory(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("broadring-latency-{name}-{}", std::process::id()))
}

#[test]
fn a_whole_run_leaves_everything_it_promises() {
    let results = measured("--rates 10k,100k --seconds 0.02 --rounds 2", || false);
    assert_eq!(results.broken, [""; 0]);
    assert_eq!(results.rates().len(), 2);
    assert!(results.subjects().contains(&"broadring"));
    assert_eq!(results.rows.len(), 2 * results.subjects().len());
    for row in &results.rows {
        assert_eq!(row.rounds.len(), 2);
        assert!(row.rounds.iter().all(|round| round.events > 0));
        assert!(!row.all.is_empty() && row.latency_ns.p50.is_some(), "{}", row.subject);
    }

    let plots = plots::draw(&results).expect("plots");
    let names: Vec<&str> = plots.iter().map(|plot| &*plot.name).collect();
    assert_eq!(names, ["rates-p50", "rates-p99", "percentiles-10k", "percentiles-100k"]);
    for plot in &plots {
        well_formed(&plot.svg);
        for subject in results.subjects() {
            assert!(plot.svg.contains(&subject.replace('&', "&amp;")), "{subject}");
        }
    }
    let page = html::page(&results, &plots);
    assert!(!page.contains("http") && !page.contains("//"), "the page needs nothing else");
    assert_eq!(page.matches("<svg").count(), plots.len());

    let text = table::text(&results);
    let json = serde_json::to_value(&results).expect("JSON");
    for subject in results.subjects() {
        assert!(text.contains(subject) && page.contains(subject), "{subject}");
    }
    assert!(json["rows"][0]["latency_ns"]["p50"]["median"].is_number());
    assert_eq!(json["plan"]["payload_bytes"], 64);

    let directory = directory("whole").join("deep");
    let output = Output::prepare(&directory).expect("a directory");
    output.write(&results).expect("files");
    let files = fs::read_dir(&directory).expect("files").count();
    assert_eq!(files, results.rows.len() + plots.len() + 1);
    fs::remove_dir_all(directory.parent().expect("a parent")).expect("removed");
}

#[test]
fn several_readers_are_reported_each() {
    let line = "--rates 20k --seconds 0.01 --rounds 1 --readers 2 --mode yield --payload 256";
    let results = measured(line, || false);
    assert_eq!(results.broken, [""; 0]);
    assert!(results.rows.iter().all(|row| row.reader_latency_ns.len() == 2));
    assert!(table::text(&results).contains("reader 2"));
}

#[test]
fn a_rate_out_of_reach_ends_and_is_marked() {
    let line = "--rates 1000M --seconds 0.01 --rounds 1 --only broadring --payload 8";
    let results = measured(line, || false);
    let row = results.rows.iter().find(|row| row.subject == "broadring").expect("broadring");
    assert!(row.overloaded && row.reached.median < 9e8);
    assert!(table::text(&results).contains("! "));
    let svg = &plots::draw(&results).expect("plots")[0].svg;
    assert!(svg.contains("reached"));
}

#[test]
fn stopping_keeps_what_there_is() {
    let asked = AtomicUsize::new(0);
    let stopped = || asked.fetch_add(1, Ordering::Relaxed) >= 1;
    let results = measured("--rates 10k,20k --seconds 0.01 --rounds 3", stopped);
    assert_eq!((results.rows.len(), results.rates().len()), (1, 1));
    html::page(&results, &plots::draw(&results).expect("plots"));
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let file = directory("file");
    fs::write(&file, "").expect("a file");
    let error = Output::prepare(&file.join("inside")).expect_err("a file is no directory");
    assert!(format!("{error:#}").contains("inside"), "{error:#}");
    fs::remove_file(file).expect("removed");
}

/// Checks that every element is closed in its turn.
fn well_formed(svg: &str) {
    let mut open = Vec::new();
    for tag in svg.split('<').skip(1) {
        let (tag, text) = tag.split_once('>').expect("a tag ends");
        assert!(!text.contains('>'), "unescaped: {text}");
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).expect("a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty() && svg.starts_with("<svg"), "{open:?}");
}
