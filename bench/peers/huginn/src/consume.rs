// SPDX-License-Identifier: MIT
//! What both programs share: arguments, and the consuming of every result.
//! As huginn-net-tcp's documentation shows for files, one thread analyzes and
//! another takes the results from a channel. With -1 one thread does it all:
//! it reads the file and calls the library for each packet.
//!
//!     huginn-N [-f DATABASE] [-w WORKERS | -1] count|text|json|lines CAPTURE
//!
//! count: only counts. text: the library's own text of each finding. json: its
//! own JSON of each result that is not empty. lines: kind, ends and label
//! between tabs. The last line on standard error is the tally, "name=number"
//! each.
use crate::huginn::{IpPort, OSQualityMatched, TcpAnalysisResult};
use std::fmt::Display;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::sync::mpsc::{channel, Sender};

/// Connections to remember, as in the documentation's examples.
pub const CONNECTIONS: usize = 1000;
/// Queue of each worker, packets a batch, timeout: the documentation's.
pub const POOL: (usize, usize, u64) = (100, 32, 10);
const BUFFER_BYTES: usize = 1 << 18;

pub struct Options {
    pub database: Option<String>,
    pub workers: Option<usize>,
    pub alone: bool,
    pub mode: String,
    pub capture: String,
}

/// What the worker pool says of itself.
pub struct Workers {
    pub queued: u64,
    pub dropped: u64,
}

pub type Each<'a> = &'a mut dyn FnMut(&TcpAnalysisResult);
pub type Alone = fn(&Options, Each);
pub type Analyze = fn(&Options, Sender<TcpAnalysisResult>) -> Option<Workers>;
pub type Json = fn(&TcpAnalysisResult, &mut dyn Write);

#[derive(Default)]
struct Tally {
    results: u64,
    syn: u64,
    syn_named: u64,
    synack: u64,
    synack_named: u64,
    mtu: u64,
    uptime: u64,
}

pub fn fail(what: &str, why: impl Display) -> ! {
    eprintln!("{what}: {why}");
    std::process::exit(1)
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| fail(path, e))
}

/// Gives each packet of a capture file, pcap as this machine writes it.
pub fn packets(path: &str, mut each: impl FnMut(&[u8])) {
    const FILE_HEADER: i64 = 24;
    const PACKET_HEADER: usize = 16;
    let mut file = BufReader::with_capacity(BUFFER_BYTES, open(path));
    let mut header = [0; PACKET_HEADER];
    let mut packet = Vec::new();

    file.seek_relative(FILE_HEADER)
        .unwrap_or_else(|e| fail(path, e));
    while file.read_exact(&mut header).is_ok() {
        let length = u32::from_ne_bytes([header[8], header[9], header[10], header[11]]);
        packet.resize(length as usize, 0);
        file.read_exact(&mut packet)
            .unwrap_or_else(|e| fail(path, e));
        each(&packet);
    }
}

fn open(path: &str) -> File {
    File::open(path).unwrap_or_else(|e| fail(path, e))
}

fn usage() -> ! {
    fail(
        "usage",
        "huginn-N [-f DATABASE] [-w WORKERS | -1] count|text|json|lines CAPTURE",
    )
}

fn arguments() -> Options {
    let mut rest = Vec::new();
    let (mut database, mut workers, mut alone) = (None, None, false);
    let mut arguments = std::env::args().skip(1);

    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-f" => database = arguments.next(),
            "-w" => workers = arguments.next().and_then(|n| n.parse().ok()),
            "-1" => alone = true,
            _ => rest.push(argument),
        }
    }
    match <[String; 2]>::try_from(rest) {
        Ok([mode, capture]) => Options {
            database,
            workers,
            alone,
            mode,
            capture,
        },
        Err(_) => usage(),
    }
}

fn label(matched: &OSQualityMatched) -> Option<String> {
    let os = matched.os.as_ref()?;
    Some(match &os.variant {
        Some(variant) => format!("{} {}", os.name, variant),
        None => os.name.clone(),
    })
}

fn line(out: &mut dyn Write, kind: &str, from: &IpPort, to: &IpPort, what: impl Display) {
    let done = writeln!(
        out,
        "{kind}\t{}\t{}\t{}\t{}\t{what}",
        from.ip, from.port, to.ip, to.port
    );
    done.unwrap_or_else(|e| fail("output", e));
}

fn lines(result: &TcpAnalysisResult, out: &mut dyn Write) {
    if let Some(x) = &result.syn {
        let label = label(&x.os_matched).unwrap_or("???".into());
        line(out, "syn", &x.source, &x.destination, label);
    }
    if let Some(x) = &result.syn_ack {
        let label = label(&x.os_matched).unwrap_or("???".into());
        line(out, "syn+ack", &x.source, &x.destination, label);
    }
    if let Some(x) = &result.mtu {
        line(out, "mtu", &x.source, &x.destination, x.mtu);
    }
}

fn print(finding: &Option<impl Display>, out: &mut dyn Write) {
    if let Some(finding) = finding {
        writeln!(out, "{finding}").unwrap_or_else(|e| fail("output", e));
    }
}

fn text(result: &TcpAnalysisResult, out: &mut dyn Write) {
    print(&result.syn, out);
    print(&result.syn_ack, out);
    print(&result.mtu, out);
    print(&result.client_uptime, out);
    print(&result.server_uptime, out);
}

#[allow(dead_code)] // only the newer one has JSON
pub fn is_empty(result: &TcpAnalysisResult) -> bool {
    let uptime = result.client_uptime.is_some() || result.server_uptime.is_some();
    !uptime && result.syn.is_none() && result.syn_ack.is_none() && result.mtu.is_none()
}

fn nothing(_: &TcpAnalysisResult, _: &mut dyn Write) {}

fn count(result: &TcpAnalysisResult, tally: &mut Tally) {
    tally.results += 1;
    if let Some(syn) = &result.syn {
        tally.syn += 1;
        tally.syn_named += u64::from(syn.os_matched.os.is_some());
    }
    if let Some(synack) = &result.syn_ack {
        tally.synack += 1;
        tally.synack_named += u64::from(synack.os_matched.os.is_some());
    }
    tally.mtu += u64::from(result.mtu.is_some());
    tally.uptime += u64::from(result.client_uptime.is_some());
    tally.uptime += u64::from(result.server_uptime.is_some());
}

fn tell(tally: &Tally, workers: Option<Workers>) {
    eprint!(
        "results={} syn={} syn_named={} synack={} synack_named={} mtu={} uptime={}",
        tally.results,
        tally.syn,
        tally.syn_named,
        tally.synack,
        tally.synack_named,
        tally.mtu,
        tally.uptime
    );
    if let Some(workers) = workers {
        eprint!(" queued={} dropped={}", workers.queued, workers.dropped);
    }
    eprintln!();
}

/// In two threads, the documentation's way.
fn together(options: Options, analyze: Analyze, each: Each) -> Option<Workers> {
    let (sender, receiver) = channel();
    let worker = std::thread::spawn(move || analyze(&options, sender));

    for result in receiver {
        each(&result);
    }
    worker
        .join()
        .unwrap_or_else(|_| fail("analysis", "it panicked"))
}

pub fn run(analyze: Analyze, alone: Alone, json: Option<Json>) {
    let options = arguments();
    let write: Json = match (options.mode.as_str(), json) {
        ("count", _) => nothing,
        ("text", _) => text,
        ("lines", _) => lines,
        ("json", Some(json)) => json,
        _ => usage(),
    };
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, std::io::stdout().lock());
    let mut tally = Tally::default();
    let mut workers = None;
    let mut each = |result: &TcpAnalysisResult| {
        count(result, &mut tally);
        write(result, &mut out);
    };

    if options.alone {
        alone(&options, &mut each);
    } else {
        workers = together(options, analyze, &mut each);
    }
    out.flush().unwrap_or_else(|e| fail("output", e));
    tell(&tally, workers);
}
