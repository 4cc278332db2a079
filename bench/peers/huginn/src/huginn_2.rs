// SPDX-License-Identifier: MIT
//! huginn-net-tcp 2.x, features "full", with the matcher of huginn-net-db.
extern crate huginn_2 as huginn;

#[path = "consume.rs"]
mod consume;

use consume::{Each, Options, Workers};
use huginn::packet_parser::{parse_packet, IpPacket};
use huginn::{process_ipv4_packet, process_ipv6_packet};
use huginn::{ConnectionTracker, HuginnNetTcp, SharedTcpMatcher, TcpAnalysisResult};
use huginn_2_db::{SharedTcpSignatureMatcher, TcpDatabase};
use std::io::Write;
use std::sync::mpsc::Sender;
use std::sync::Arc;

fn database(path: &Option<String>) -> TcpDatabase {
    match path {
        Some(path) => consume::read(path)
            .parse()
            .unwrap_or_else(|e| consume::fail(path, e)),
        None => TcpDatabase::load_default().unwrap_or_else(|e| consume::fail("its database", e)),
    }
}

fn analyze(options: &Options, results: Sender<TcpAnalysisResult>) -> Option<Workers> {
    let matcher: SharedTcpMatcher = Arc::new(SharedTcpSignatureMatcher::new(Arc::new(database(
        &options.database,
    ))));
    let mut analyzer = HuginnNetTcp::new(consume::CONNECTIONS).with_matcher(matcher);

    if let Some(n) = options.workers {
        let (queue, batch, timeout_ms) = consume::POOL;
        analyzer = analyzer.with_parallel(n, queue, batch, timeout_ms);
        if let Err(e) = analyzer.init_pool(results.clone()) {
            consume::fail("its workers", e);
        }
    }
    if let Err(e) = analyzer.analyze_pcap(&options.capture, results, None) {
        consume::fail(&options.capture, e);
    }
    analyzer.stats().map(|s| Workers {
        queued: s.total_dispatched,
        dropped: s.total_dropped,
    })
}

fn alone(options: &Options, each: Each) {
    let matcher = SharedTcpSignatureMatcher::new(Arc::new(database(&options.database)));
    let mut connections = ConnectionTracker::new(consume::CONNECTIONS);

    consume::packets(&options.capture, |packet| {
        let result = match parse_packet(packet) {
            IpPacket::Ipv4(ip) => process_ipv4_packet(&ip, &mut connections, Some(&matcher)),
            IpPacket::Ipv6(ip) => process_ipv6_packet(&ip, &mut connections, Some(&matcher)),
            IpPacket::None => return,
        };
        if let Ok(result) = result {
            each(std::hint::black_box(&result)); // nothing is optimized away
        }
    });
}

fn json(result: &TcpAnalysisResult, out: &mut dyn Write) {
    if consume::is_empty(result) {
        return;
    }
    if serde_json::to_writer(&mut *out, result).is_err() || out.write_all(b"\n").is_err() {
        consume::fail("output", "cannot be written");
    }
}

fn main() {
    consume::run(analyze, alone, Some(json));
}
