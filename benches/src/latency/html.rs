//! The report: one page that needs nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::distribution::Levels;
use super::palette::{self, FINE_GRID, GRID, INK, PAPER};
use super::plots::Plot;
use super::rate::Rate;
use super::results::{Results, Row};
use super::{hgrm, table, units};
use crate::figure::Figure;

/// Writes the page.
pub(super) fn page(results: &Results, plots: &[Plot]) -> String {
    let plot = |name: &str| figure(plots.iter().find(|plot| plot.name == name));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "broadring: latency at fixed rates" }
                style { (PreEscaped(include_str!("report.css"))) }
            }
            body {
                h1 { "Latency at fixed rates" }
                (setting(results))
                (warnings(results))
                (plot("rates-p50"))
                (plot("rates-p99"))
                @for rate in results.rates() {
                    h2 { (rate) }
                    (figures(results, rate))
                    (plot(&format!("percentiles-{}", rate.slug())))
                }
                (how_to_read(results))
            }
        }
    };
    page.into_string()
}

/// Says what was measured, and on what.
fn setting(results: &Results) -> Markup {
    let plan = &results.plan;
    html! {
        p {
            "From the moment when an event was due until a reader had read it. "
            (plan.payload.bytes()) " bytes an event, " (units::count(plan.readers, "reader")) ", "
            (plan.mode) " mode, room for " (plan.capacity) " events, "
            (units::count(plan.rounds, "round")) " of " (plan.seconds) " s in turns."
        }
        p.soft.machine { (results.machine) }
    }
}

fn warnings(results: &Results) -> Markup {
    html! {
        @for broken in &results.broken { p.warning { strong { (broken) "." } } }
        @for note in &results.notes { p.warning { "Note: " (note) "." } }
    }
}

/// A table of the figures at a rate.
fn figures(results: &Results, rate: Rate) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th { "subject" } th { "kind" } th { "reached" }
                        @for name in Levels::NAMES { th { (name) } }
                    }
                }
                tbody { @for row in results.at(rate) { (line(row)) } }
            }
        }
    }
}

fn line(row: &Row) -> Markup {
    let readers = if row.reader_latency_ns.len() > 1 { &row.reader_latency_ns[..] } else { &[] };
    html! {
        tr.own[row.subject == "broadring"] {
            td { (row.subject) }
            td { (table::kind(row)) }
            td.late[row.overloaded] {
                (units::rate(row.reached.median))
                @if row.overloaded { small.late { "not reached" } }
            }
            (cells(&row.latency_ns))
        }
        @for (number, latency) in (1..).zip(readers) {
            tr.reader { td { "reader " (number) } td {} td {} (cells(latency)) }
        }
    }
}

/// The median over the rounds, and below it the least and the greatest.
fn cells(latency: &Levels<Option<Figure>>) -> Markup {
    html! {
        @for figure in latency.list() {
            td {
                @match figure {
                    Some(figure) => {
                        (units::nanos(figure.median))
                        @if figure.least != figure.greatest { small { (table::range(figure)) } }
                    }
                    None => { "–" }
                }
            }
        }
    }
}

/// A plot in the page's own colours.
fn figure(plot: Option<&Plot>) -> Markup {
    html! {
        @if let Some(plot) = plot {
            figure role="img" aria-label=(plot.title) { (PreEscaped(adapted(&plot.svg))) }
        }
    }
}

/// Replaces the colours that must fit the page, light or dark.
fn adapted(svg: &str) -> String {
    svg.replace(" xmlns=\"http://www.w3.org/2000/svg\"", "")
        .replace(&palette::hex(INK), "currentColor")
        .replace(&palette::hex(PAPER), "var(--paper)")
        .replace(&palette::hex(GRID), "var(--line)")
        .replace(&palette::hex(FINE_GRID), "var(--fine)")
}

fn how_to_read(results: &Results) -> Markup {
    let clock = results.clock;
    html! {
        h2 { "How to read this" }
        dl {
            dt { "Due, not sent" }
            dd {
                "The writer has a timetable. When it is held up it sends late, but the latency "
                "still counts from when the event was due: a stall shows in every event that it "
                "delayed (no coordinated omission)."
            }
            dt { "p99.9 = 5 µs" }
            dd {
                "Of a thousand events, 999 took 5 µs or less. The horizontal axis of the plots "
                "gives each further nine the same room. " "–" " stands where there were too few "
                "events to know."
            }
            dt { "Several rounds" }
            dd {
                "A figure is the median over the rounds, with the least and the greatest below "
                "it. Where those are far apart, small differences between subjects mean nothing. "
                "The curves hold the events of all rounds."
            }
            dt { "Reached" }
            dd {
                "Events a second from the first event's due time to the last one's arrival. Below "
                "99 % of what was asked the subject cannot keep up: the queue grows, and the "
                "latency says how long the run was, not how quick the subject is."
            }
            dt { "▲ at the top edge" }
            dd {
                "The plots give the latencies of 100 ns to some 10 µs the room. What is above their "
                "scale, such as the queue of a subject that cannot keep up, is marked at the edge; "
                "the tables have the values."
            }
            dt { "Kinds" }
            dd {
                "Compare like with like: a broadcast serves all readers from one buffer, a queue "
                "per reader has its writer send everything once for each, and one to one serves a "
                "single reader and no other."
            }
        }
        h2 { "Small print" }
        p {
            small {
                "Reading the clock takes the writer " (format!("{:.0}", clock.read_ns)) " ns, and "
                "the readers " (format!("{:.0}", clock.arrival_ns)) " ns: they wait until the "
                "event is really loaded before they look. Each latency holds about that much of "
                "the clock itself, and can be late by one turn of the writer's waiting loop. "
                "Both sides read the same counter, on different cores; should those differ, so "
                "does every latency. The first tenth of each run is not recorded. Every event is "
                "read whole and checked: number, order and contents. Histograms keep three "
                "significant digits."
            }
        }
        p {
            small {
                "Beside this page are the plots and, for each curve, its percentiles for "
                "HdrHistogram's plotter, in nanoseconds: "
                @for (index, row) in results.rows.iter().enumerate() {
                    @if index > 0 { ", " }
                    @let file = hgrm::file_name(row);
                    a href=(file) { (file) }
                }
                "."
            }
        }
    }
}
