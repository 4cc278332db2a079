#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the seeds of the fuzz targets to tests/fuzz/corpus/ (committed):
packets of the shapes that the decoder knows, option areas, database texts.
What fuzzing finds is added to the same folders under the name of its hash.
"""
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))
OPTIONS = [
    b'', bytes.fromhex('020405b4'), bytes.fromhex('020405b40402080a00000001000000000103030a'),
    bytes.fromhex('020405b40103030801010402'), bytes.fromhex('020405b4010303060101080a0000000100000000040200 00'.replace(' ', '')),
    bytes.fromhex('0101050a0000000100000002'), bytes.fromhex('02040000fe04aabb'), bytes.fromhex('0000000900'),
    bytes.fromhex('080a0000'), bytes.fromhex('0300'), bytes(range(40)), b'\x01' * 40, bytes.fromhex('03030f0402020401'),
]
DATABASES = [
    b'classes = win,unix\n[mtu]\nlabel = Ethernet\nsig = 1500\n[tcp:request]\nlabel = s:unix:Linux:3.11\n'
    b'sig = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0\nlabel = g:win:Windows:\n'
    b'sig = 4:128:0:1460:%8192,*:mss,nop,ws,nop,nop,sok:df,id+,ecn:+\n'
    b'label = s:!:Tool:x\nsys = @unix,Linux\nsig = 6:255-:4:0:mtu*4,0:?77,eol+3:flow,seq-,ack+:*\n',
    b'[tcp:response]\n; comment\nclasses = a\n', b'classes = a\n[http:request]\nua_os = Linux\nlabel = s:!:w:\nsys = b\nsig = 1:x:y:z\n',
    b'classes = a\n[tcp:response]\nlabel = s:a:N:f\nsig = 4:60+4:0:1400:1000,1:mss:df:0\nsig = 4:64:0:1400:1000,1:mss:df:0\n',
]


def tcp(options, flags=2, window=64240):
    options += b'\0' * (-len(options) % 4)
    return struct.pack('>HHIIBBHHH', 40000, 80, 1, 0, (5 + len(options) // 4) << 4, flags, window, 0, 0) + options


def ip4(payload, df=0x4000):
    return struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(payload), 7, df, 64, 6, 0, b'\x0a\0\0\1', b'\x0a\0\0\2') + payload


def ip6(payload, label=0, ext=b''):
    first = 0 if ext else 6
    return struct.pack('>IHBB16s16s', 6 << 28 | label, len(ext) + len(payload), first, 64, b'\xfd' * 16, b'\xfe' * 16) + ext + payload


def pcap(packet, order='<', magic=0xa1b2c3d4):
    record = struct.pack(order + 'IIII', 1600000000, 5, len(packet), len(packet) + 3) + packet
    return struct.pack(order + 'IHHiIII', magic, 2, 4, 0, 0, 65535, 101) + record * 2


def block(order, kind, body):
    body += b'\0' * (-len(body) % 4)
    return struct.pack(order + 'II', kind, len(body) + 12) + body + struct.pack(order + 'I', len(body) + 12)


def pcapng(packet, order='<'):
    def option(code, value):
        return struct.pack(order + 'HH', code, len(value)) + value + b'\0' * (-len(value) % 4)

    section = block(order, 0x0a0d0d0a, struct.pack(order + 'IHHq', 0x1a2b3c4d, 1, 0, -1))
    lan = block(order, 1, struct.pack(order + 'HHI', 101, 0, 0) + option(2, b'lan0') + option(9, b'\x09') +
                option(14, struct.pack(order + 'q', 7)) + option(0, b''))
    wan = block(order, 1, struct.pack(order + 'HHI', 1, 0, 64) + option(9, b'\x8a'))
    enhanced = block(order, 6, struct.pack(order + 'IIIII', 0, 5, 6, len(packet), len(packet)) + packet)
    simple = block(order, 3, struct.pack(order + 'I', len(packet)) + packet)
    old = block(order, 2, struct.pack(order + 'HHIIII', 1, 0, 5, 6, len(packet), len(packet)) + packet)
    return section + lan + wan + enhanced + block(order, 0x99, b'unknown') + simple + old + section + lan + enhanced


def main():
    seeds = {'decode': [], 'options': [], 'db': DATABASES, 'match': [], 'capture': []}
    hop = bytes.fromhex('0600010400000000')
    macs = bytes(12)
    for options in OPTIONS:
        four, six = ip4(tcp(options)), ip6(tcp(options, 0x12), 5)
        seeds['options'] += [bytes([k]) + options for k in (0, 2)]
        seeds['decode'] += [b'\2\xff\0' + four, b'\2\xff\0' + six, b'\2\0\0' + four]
        frames = bytes([len(four)]) + four + bytes([len(six)]) + six + b'\0'
        seeds['match'] += [b'\0' + frames, b'\xff' + frames + DATABASES[0]]
    packet = ip4(tcp(OPTIONS[2]))
    for magic in (0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34):
        seeds['capture'] += [b'\0' + pcap(packet, order, magic) for order in '<>']
    for order in '<>':
        whole = pcapng(packet, order)
        seeds['capture'] += [b'\0' + whole, b'\1' + whole, b'\0' + whole[:-30]]
    links = [(1, macs + b'\x08\0'), (1, macs + bytes.fromhex('810000058100000688a800070800')),
             (1, macs + bytes.fromhex('88641100000100400021')), (3, b'\2\0\0\0'), (4, b'\0\0\0\2'), (5, b'\xff\3\0\x21'), (5, b'\x21'),
             (5, bytes.fromhex('0f000800')), (6, bytes.fromhex('1100000100400021')), (7, bytes(14) + b'\x08\0'), (8, b'\x08\0' + bytes(18))]
    seeds['decode'] += [bytes([n, 0xff, 0]) + header + packet for n, header in links]
    seeds['decode'] += [b'\2\xff\0' + ip6(tcp(OPTIONS[1]), 0, hop), b'\2\xff\x40' + packet[:-4], b'\2\xff\0' + ip4(tcp(b''), 0x2000)]
    for target, inputs in seeds.items():
        folder = os.path.join(HERE, 'corpus', 'fuzz_' + target)
        os.makedirs(folder, exist_ok=True)
        for n, data in enumerate(inputs):
            with open(os.path.join(folder, 'seed-%02d' % n), 'wb') as file:
                file.write(data)


main()
