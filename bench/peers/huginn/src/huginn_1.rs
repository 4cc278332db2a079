// SPDX-License-Identifier: MIT
//! huginn-net-tcp 1.7.2 with the database of huginn-net-db.
extern crate huginn_1 as huginn;

#[path = "consume.rs"]
mod consume;

use consume::{Each, Options, Workers};
use huginn::packet_parser::{parse_packet, IpPacket};
use huginn::{process_ipv4_packet, process_ipv6_packet};
use huginn::{HuginnNetTcp, SignatureMatcher, TcpAnalysisResult};
use huginn_1_db::Database;
use std::sync::mpsc::Sender;
use std::sync::Arc;
use ttl_cache::TtlCache;

fn database(path: &Option<String>) -> Database {
    match path {
        Some(path) => consume::read(path)
            .parse()
            .unwrap_or_else(|e| consume::fail(path, e)),
        None => Database::load_default().unwrap_or_else(|e| consume::fail("its database", e)),
    }
}

fn analyze(options: &Options, results: Sender<TcpAnalysisResult>) -> Option<Workers> {
    let database = Some(Arc::new(database(&options.database)));
    let analyzer = match options.workers {
        Some(n) => {
            let (queue, batch, timeout_ms) = consume::POOL;
            HuginnNetTcp::with_config(database, consume::CONNECTIONS, n, queue, batch, timeout_ms)
        }
        None => HuginnNetTcp::new(database, consume::CONNECTIONS),
    };
    let mut analyzer = analyzer.unwrap_or_else(|e| consume::fail("analyzer", e));

    if options.workers.is_some() {
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
    let database = database(&options.database);
    let matcher = SignatureMatcher::new(&database);
    let mut connections = TtlCache::new(consume::CONNECTIONS);

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

fn main() {
    consume::run(analyze, alone, None);
}
