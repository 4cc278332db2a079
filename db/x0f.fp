; x0f.fp - TCP signatures of today's systems and tools, IPv4 and IPv6
;
; Part of x0f and under the licence of x0f (SPDX-License-Identifier: MIT). Where
; each value comes from: PROVENANCE.md, under the number in front of each label.
; The format is that of p0f 3.
;
; This file is read in front of legacy.fp. Among signatures with the same option
; layout the order decides: the first exact specific one wins, then the first exact
; generic one, then the first fuzzy one, over both files.
;
; With ver "*" the quirks df, id+ and id- do not count over IPv6, and x0f ignores a
; flow label (quirk flow) that the signature does not ask for.

classes = win,unix,other

[mtu]

; M01
label = loopback
sig   = 65535

; M02
label = jumbo Ethernet
sig   = 9001

[tcp:request]

; ---- Linux ----

; R01
label = s:unix:Linux:4.20 or newer
sig   = *:64:0:*:mss*44,5:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,6:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,8:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,9:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,10:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,11:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,12:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,13:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,14:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*46,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*47,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*48,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*49,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*50,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*51,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*52,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*53,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*54,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8960:mss*7,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8961:mss*7,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8940:mss*7,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8941:mss*7,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:62720,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:62727,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,*:mss,sok,ts,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:mss*46,*:mss,sok,ts,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:mss*47,*:mss,sok,ts,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:mss*48,*:mss,sok,ts,nop,ws:df,id+,ecn:0

; R02
label = s:unix:Linux:4.20 or newer (no PMTUD)
sig   = 4:64:0:*:mss*44,*:mss,sok,ts,nop,ws::0

; R03
label = s:unix:Linux:4.20 or newer (no timestamps)
sig   = *:64:0:*:mss*44,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:8960:mss*7,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:8961:mss*7,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:8940:mss*7,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:8941:mss*7,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,*:mss,nop,nop,sok,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,sok,nop,ws:df,id+,ecn:0

; R04
label = s:unix:Linux:4.20 or newer (small buffer)
sig   = *:64:0:*:mss*29,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*29,*:mss,nop,nop,sok,nop,ws:df,id+:0
sig   = *:64:0:*:mss*30,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*30,*:mss,nop,nop,sok,nop,ws:df,id+:0

; R05
label = s:unix:Linux:6.6-6.9 or small buffer
sig   = *:64:0:*:mss*22,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*22,*:mss,nop,nop,sok,nop,ws:df,id+:0

; R06
label = s:unix:Linux:(Android or large buffer)
sig   = *:64:0:*:65535,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:65535,*:mss,sok,ts,nop,ws:df,id+,ecn:0
sig   = *:64:0:*:65535,*:mss,nop,nop,sok,nop,ws:df,id+:0

; R07
label = s:unix:Linux:4.20 or newer (loopback)
sig   = *:64:0:65495:mss*1,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:65476:mss*1,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:65475:mss*1,*:mss,sok,ts,nop,ws:df,id+:0

; R08
label = s:unix:Linux:6.6-6.9 (loopback)
sig   = *:64:0:65495:33280,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:65476:33280,*:mss,sok,ts,nop,ws:df,id+:0

; R09
label = s:unix:Linux:3.11-4.19 (loopback)
sig   = *:64:0:65495:43690,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:65476:43690,*:mss,sok,ts,nop,ws:df,id+:0

; R10
label = s:unix:Linux:2.6.x-3.x (loopback)
sig   = *:64:0:16396:mss*2,5:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16396:mss*2,6:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16396:mss*2,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16376:mss*2,5:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16376:mss*2,6:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16376:mss*2,7:mss,sok,ts,nop,ws:df,id+:0

; R11
label = s:unix:Linux:2.4.x-2.6.x (loopback)
sig   = *:64:0:16396:32767,0:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:16396:32767,2:mss,sok,ts,nop,ws:df,id+:0

; R12
label = s:unix:Linux:3.11-4.19
sig   = *:64:0:*:mss*20,5:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,6:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,7:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,8:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,9:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,10:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8960:mss*3,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8961:mss*3,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8940:mss*3,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:8941:mss*3,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:26880,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:26883,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+,ecn:0

; R13
label = s:unix:Linux:3.11-4.19 (no timestamps)
sig   = *:64:0:*:mss*20,*:mss,nop,nop,sok,nop,ws:df,id+:0

; R14
label = s:unix:Linux:3.1-3.10
sig   = *:64:0:*:mss*10,8:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*10,9:mss,sok,ts,nop,ws:df,id+:0

; R15
label = s:unix:Linux:3.1-3.10 (no timestamps)
sig   = *:64:0:*:mss*10,*:mss,nop,nop,sok,nop,ws:df,id+:0

; R16
label = s:unix:Linux:2.6.x
sig   = *:64:0:*:mss*4,5:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*4,9:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*4,10:mss,sok,ts,nop,ws:df,id+:0

; R17
label = s:unix:Linux:5.6 or newer (MPTCP)
sig   = *:64:0:*:mss*44,*:mss,sok,ts,nop,ws,?30:df,id+:0
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws,?30:df,id+:0

; R18
label = s:unix:Linux:3.x (MPTCP)
sig   = *:64:0:*:mss*10,*:mss,sok,ts,nop,ws,?30:df,id+:0

; R19
label = s:unix:Linux:4.20 or newer (Fast Open)
sig   = *:64:0:*:mss*44,*:mss,sok,ts,nop,ws,?34,nop,nop:df,id+:*
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws,?34,nop,nop:df,id+:*

; R20
label = s:unix:Linux:3.11-4.19 (Fast Open)
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws,?254:df,id+:*
sig   = *:64:0:65495:43690,*:mss,sok,ts,nop,ws,?254:df,id+:*

; ---- Linux (families) ----

; R21
label = g:unix:Linux:3.x or newer
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,id+:0
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws,?30:df,id+:*
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws,?34,nop,nop:df,id+:*

; ---- Windows ----

; R22
label = s:win:Windows:10 or 11
sig   = *:128:0:*:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*45,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*46,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*47,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*48,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*49,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:65340,8:mss,nop,ws,nop,nop,sok:df,id+:0

; R23
label = s:win:Windows:10, 11 or Server 2016-2022
sig   = *:128:0:*:65535,3:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:65535,3:mss,nop,ws,nop,nop,sok:df,id+,ecn:0
sig   = *:128:0:*:mss*44,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0
sig   = *:128:0:*:mss*45,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0
sig   = *:128:0:*:mss*46,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0

; R24
label = s:win:Windows:7 to 10 (ECN)
sig   = *:128:0:*:8192,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0

; R25
label = s:win:Windows:7 or 8
sig   = *:128:0:*:8192,8:mss,nop,ws,sok,ts:df,id+:0

; R26
label = s:win:Windows:2000 or XP
sig   = *:128:0:*:mss*6,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*12,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:64512,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:32767,0:mss,nop,nop,sok:df,id+:0

; ---- Windows (families) ----

; R27
label = g:win:Windows:2000 or XP (RFC 1323)
sig   = *:128:0:*:*,*:mss,nop,ws,nop,nop,ts,nop,nop,sok:df,id+,ts1-:0

; R28
label = g:win:Windows:NT kernel
sig   = *:128:0:*:65535,*:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*44,0:mss,nop,nop,sok:df,id+:0

; ---- Linux with options switched off ----

; R29
label = s:unix:Linux:4.20 or newer (reduced)
sig   = *:64:0:*:mss*44,0:mss,sok,ts:df,id+:0
sig   = *:64:0:*:mss*45,0:mss,sok,ts:df,id+:0
sig   = *:64:0:*:mss*44,*:mss,nop,nop,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,ts,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,0:mss,nop,nop,ts:df,id+:0
sig   = *:64:0:*:mss*45,0:mss,nop,nop,ts:df,id+:0
sig   = *:64:0:*:mss*44,0:mss,nop,nop,sok:df,id+:0
sig   = *:64:0:*:mss*45,0:mss,nop,nop,sok:df,id+:0
sig   = *:64:0:*:mss*44,*:mss,nop,ws:df,id+:0
sig   = *:64:0:*:mss*45,*:mss,nop,ws:df,id+:0
sig   = *:64:0:*:mss*44,0:mss:df,id+:0
sig   = *:64:0:*:mss*45,0:mss:df,id+:0

; ---- Apple ----

; R30
label = s:unix:Mac OS X:(macOS or iOS)
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0
sig   = *:64:0:*:65535,7:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,7:mss,nop,ws,nop,nop,ts,sok,eol+1:df,ecn:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:id-:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:id-,ecn:0
sig   = *:64:0:*:65535,0:mss,sok,eol+1:df:0
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,?34:df:*

; R31
label = s:unix:Mac OS X:10.x
sig   = 4:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+,ecn:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+,ecn:0

; ---- BSD ----

; R32
label = s:unix:FreeBSD:11.x or newer
sig   = 4:64:0:*:65535,6:mss,nop,ws,sok,ts:df:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,sok,ts:df,ecn:0

; R33
label = s:unix:OpenBSD:6.1 or newer
sig   = *:64:0:*:16384,6:mss,nop,nop,sok,nop,ws,nop,nop,ts:df,id+:0

; R34
label = s:unix:FreeBSD:4.x
sig   = *:64:0:*:16384,0:mss,nop,ws,nop,nop,ts:df,id+:0
sig   = *:64:0:*:57344,0:mss,nop,ws,nop,nop,ts:df,id+:0

; R35
label = s:unix:NetBSD:1.3 or OpenBSD 2.6
sig   = 4:64:0:*:16384,0:mss,nop,ws,nop,nop,ts::0

; R36
label = g:unix:BSD:(KAME IPv6)
sig   = 6:64:0:*:8192,0:mss,nop,ws,nop,nop,ts::0

; ---- Network equipment ----

; R37
label = s:other:Cisco:IOS
sig   = 4:255:0:*:4128,0:mss::0

; R38
label = s:other:F5 BIG-IP:
sig   = 4:255:0:*:mss*3,0:mss,sok,eol+1:df,id+:0

; ---- Tools that make their own packets ----

; R39
label = s:!:masscan:
sys   = @unix,@win
sig   = *:255:0:0:1024,0:::0
sig   = *:255:0:1460:1025,0:mss::0

; R40
label = s:!:ZMap:
sys   = @unix,@win
sig   = 4:255:0:1460:65535,0:mss::0
sig   = 4:255:0:1460:65535,8:mss,nop,ws,nop,nop,sok::0

; R41
label = s:!:NMap:SYN scan
sys   = @unix,@win
sig   = 6:255:0:1460:1024,0:mss::0

; R42
label = s:!:hping3:
sys   = @unix,@win
sig   = 4:64:0:0:512,0::ack+:0

; R43
label = g:!:hping3:
sys   = @unix,@win
sig   = 4:64:0:0:512,0:::0

; R44
label = s:!:Scapy:
sys   = @unix,@win
sig   = *:64:0:0:8192,0::seq-:*
sig   = *:64:0:0:8192,0:::*
sig   = 4:64:0:0:8192,0::df,id+:*

; R45
label = s:!:Net-PcapWriter:synthetic capture
sys   = @unix,@win
sig   = 4:128:0:0:32768,0::id-:0
sig   = 6:128:0:0:32768,0:::0

; R46
label = s:!:FuzzPcap:synthetic capture
sys   = @unix,@win
sig   = 4:64:0:65535:mss*1,7:mss,nop,ws:df:0

[tcp:response]

; ---- Windows ----

; A01
label = s:win:Windows:10, 11 or Server 2016-2022
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:65535,8:mss,nop,ws:df,id+:0
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,ts:df,id+:0
sig   = *:128:0:*:65535,8:mss,nop,ws,sok,ts:df,id+:0
sig   = *:128:0:*:65535,8:mss,nop,ws,nop,nop,sok:df,id+,ecn:0
sig   = *:128:0:*:mss*49,0:mss:df,id+:0
sig   = *:128:0:*:mss*49,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*49,0:mss,nop,nop,ts:df,id+:0
sig   = *:128:0:*:mss*49,0:mss,sok,ts:df,id+:0

; A02
label = s:win:Windows:2000 or XP
sig   = *:128:0:*:mss*12,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*12,0:mss,nop,ws,nop,nop,ts,nop,nop,sok:df,id+,ts1-:0
sig   = *:128:0:*:mss*44,0:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:mss*44,0:mss,nop,ws,nop,nop,ts,nop,nop,sok:df,id+,ts1-:0

; ---- Windows (families) ----

; A03
label = g:win:Windows:NT kernel
sig   = *:128:0:*:mss*44,0:mss,nop,nop,sok:df,id+:0
sig   = *:128:0:*:8192,*:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = *:128:0:*:65535,*:mss,nop,ws,nop,nop,sok:df,id+:0

; ---- Linux ----

; A04
label = s:unix:Linux:4.20 or newer
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*46,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*47,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*48,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*49,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*50,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*51,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*52,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*53,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*54,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*46,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*47,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*48,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*49,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*50,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*51,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*52,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*53,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*54,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*45,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*46,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*47,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*48,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*49,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*50,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*51,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*52,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*53,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*54,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*45,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*46,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*47,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*48,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*49,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*50,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*51,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*52,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*53,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*54,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*44,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*46,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*47,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*48,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*49,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*50,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*51,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*52,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*53,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*44,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*45,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*46,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*47,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*48,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*49,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*50,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*51,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*52,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*53,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*44,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*45,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*46,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*47,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*48,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*49,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*50,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*51,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*52,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*53,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*44,0:mss:df:0
sig   = *:64:0:*:mss*45,0:mss:df:0
sig   = *:64:0:*:mss*46,0:mss:df:0
sig   = *:64:0:*:mss*47,0:mss:df:0
sig   = *:64:0:*:mss*48,0:mss:df:0
sig   = *:64:0:*:mss*49,0:mss:df:0
sig   = *:64:0:*:mss*50,0:mss:df:0
sig   = *:64:0:*:mss*51,0:mss:df:0
sig   = *:64:0:*:mss*52,0:mss:df:0
sig   = *:64:0:*:mss*53,0:mss:df:0
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*46,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*47,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*48,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*49,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*44,*:mss,nop,nop,sok,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*45,*:mss,nop,nop,sok,nop,ws:df,ecn:0
sig   = *:64:0:*:mss*46,*:mss,nop,nop,sok,nop,ws:df,ecn:0
sig   = *:64:0:8960:mss*7,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8960:mss*7,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8961:mss*7,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8961:mss*7,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8940:mss*7,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8940:mss*7,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8941:mss*7,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8941:mss*7,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:62636,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:62643,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:62643,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:*:62720,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:62727,*:mss,nop,nop,sok,nop,ws:df:0

; A05
label = s:unix:Linux:4.20 or newer (small buffer)
sig   = *:64:0:*:mss*29,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*29,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*30,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*30,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*29,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*30,*:mss,nop,nop,ts,nop,ws:df:0

; A06
label = s:unix:Linux:6.6-6.9 or small buffer
sig   = *:64:0:*:mss*22,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*22,*:mss,nop,nop,sok,nop,ws:df:0

; A07
label = s:unix:Linux:(large buffer)
sig   = *:64:0:*:65535,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:65535,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:65535,*:mss,sok,ts,nop,ws:df,ecn:0

; A08
label = s:unix:Linux:4.20 or newer (loopback)
sig   = *:64:0:65495:mss*1,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:65476:mss*1,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:65475:mss*1,*:mss,sok,ts,nop,ws:df:0

; A09
label = s:unix:Linux:6.6-6.9 (loopback)
sig   = *:64:0:65495:33280,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:65476:33280,*:mss,sok,ts,nop,ws:df:0

; A10
label = s:unix:Linux:3.11-4.19 (loopback)
sig   = *:64:0:65495:43690,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:65476:43690,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:65495:43690,*:mss,sok,ts,nop,ws:df,ecn:0

; A11
label = s:unix:Linux:2.6.x-3.x (loopback)
sig   = *:64:0:16396:mss*2,5:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16396:mss*2,6:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16396:mss*2,7:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16376:mss*2,5:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16376:mss*2,6:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16376:mss*2,7:mss,sok,ts,nop,ws:df:0

; A12
label = s:unix:Linux:2.4.x-2.6.x (loopback)
sig   = *:64:0:16396:32767,0:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:16396:32767,2:mss,sok,ts,nop,ws:df:0

; A13
label = s:unix:Linux:3.11-4.19
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:mss*20,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:mss*20,*:mss,nop,nop,ts,nop,ws:df:0
sig   = *:64:0:*:mss*20,*:mss,nop,ws:df:0
sig   = *:64:0:*:mss*20,0:mss,sok,ts:df:0
sig   = *:64:0:*:mss*20,0:mss,nop,nop,ts:df:0
sig   = *:64:0:*:mss*20,0:mss,nop,nop,sok:df:0
sig   = *:64:0:*:mss*20,0:mss:df:0
sig   = *:64:0:*:mss*20,*:mss,sok,ts,nop,ws:df,ecn:0
sig   = *:64:0:8960:mss*3,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8960:mss*3,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8961:mss*3,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8961:mss*3,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8940:mss*3,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8940:mss*3,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:8941:mss*3,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:8941:mss*3,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:26844,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:26847,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:26880,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:26883,*:mss,nop,nop,sok,nop,ws:df:0
sig   = *:64:0:*:26883,0:mss:df:0

; A14
label = s:unix:Linux:5.6 or newer (MPTCP)
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws,?30:df:0

; A15
label = s:unix:Linux:4.20 or newer (Fast Open)
sig   = *:64:0:*:mss*45,*:mss,sok,ts,nop,ws,?34,nop,nop:df:0

; ---- Linux (families) ----

; A16
label = g:unix:Linux:(MPTCP)
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws,?30:df:0

; A17
label = g:unix:Linux:
sig   = *:64:0:*:*,*:mss,sok,ts,nop,ws:df:0
sig   = *:64:0:*:*,*:mss,nop,nop,sok,nop,ws:df:0

; ---- Linux ----

; A18
label = s:unix:Linux:(Google front end)
sig   = 4:64:0:*:42900,*:mss,nop,nop,sok,nop,ws::0
sig   = 4:64:0:*:62392,*:mss,sok,ts,nop,ws::0
sig   = 4:64:0:1430:mss*30,*:mss,sok,ts,nop,ws::0
sig   = 4:64:0:1430:mss*30,*:mss,nop,nop,sok,nop,ws::0
sig   = 4:64:0:*:mss*31,8:mss,sok,ts,nop,ws::0
sig   = 4:64:0:*:5720,*:mss,nop,nop,sok,nop,ws::0
sig   = 4:64:0:*:5720,0:mss,nop,nop,sok::0
sig   = 4:64:0:*:5672,*:mss,nop,nop,ts,nop,ws::0
sig   = 4:64:0:1432:mss*20,7:mss,sok,ts,nop,ws::0
sig   = 4:128:0:*:65535,8:mss,sok,ts,nop,ws::0
sig   = *:128:0:*:65535,8:mss,sok,ts,nop,ws:df:0
sig   = *:128:0:*:65535,8:mss,nop,nop,sok,nop,ws:df:0
sig   = 4:128:0:*:mss*44,8:mss,nop,nop,sok,nop,ws::0

; ---- Apple ----

; A19
label = s:unix:Mac OS X:(macOS or iOS)
sig   = *:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,7:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:*:65535,4:mss,nop,ws,nop,nop,ts,sok,eol+1:df:0
sig   = *:64:0:16344:65535,0:mss:df:0

; A20
label = s:unix:Mac OS X:10.x
sig   = 4:64:0:*:65535,1:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,3:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,4:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,5:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:64:0:*:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0

; ---- BSD ----

; A21
label = s:unix:FreeBSD:11.x or newer
sig   = 4:64:0:*:65535,6:mss,nop,ws,sok,ts:df:0

; A22
label = g:unix:FreeBSD:
sig   = *:64:0:*:65535,*:mss,nop,ws,sok,ts:df:0

; A23
label = g:unix:FreeBSD:4.x
sig   = *:64:0:*:57344,0:mss:df,id+:0
sig   = 6:64:0:*:57344,0:mss,nop,ws,nop,nop,ts::0
sig   = 6:64:0:*:57344,0:mss,nop,ws,nop,nop,ts:flow:0

; A24
label = g:unix:BSD:(KAME IPv6)
sig   = 6:64:0:*:mss*7,0:mss,nop,ws,nop,nop,ts::0

; ---- Network equipment ----

; A25
label = s:other:VMware:NAT device
sig   = 4:128:0:1460:mss*44,0:mss::0

; A26
label = s:other:Cisco:IOS
sig   = 4:255:0:*:4128,0:mss::0

; A27
label = s:other:F5 BIG-IP:
sig   = 4:255:0:*:mss*3,0:mss,sok,eol+1:df,id+:0
sig   = 4:255:0:*:mss*3,0:mss,nop,ws,sok,eol+1:df,id+:0
sig   = 4:255:0:*:mss*3,0:mss,nop,ws,nop,nop,ts:df,id+:0
sig   = 4:255:0:*:mss*3,0:mss,nop,nop,ts,sok,eol+1:df,id+:0
sig   = 4:255:0:*:mss*3,*:mss,nop,ws,nop,nop,ts,sok,eol+1:df,id+:0

; A28
label = s:other:NetScaler:
sig   = 4:255:0:*:8190,0:mss:df,id+:0
sig   = 4:255:0:*:8190,0:mss::0
sig   = 4:255:0:*:8190,*:mss,nop,ws,nop,nop,sok:df,id+:0
sig   = 4:255:0:*:8190,*:mss,nop,ws:df,id+:0

; ---- Tools that make their own packets ----

; A29
label = s:!:Scapy:
sys   = @unix,@win
sig   = *:64:0:0:8192,0:::0
sig   = *:64:0:0:8192,0::seq-:0

; A30
label = s:!:Net-PcapWriter:synthetic capture
sys   = @unix,@win
sig   = 4:128:0:0:32768,0::id-:0
sig   = 6:128:0:0:32768,0:::0

; A31
label = s:!:FuzzPcap:synthetic capture
sys   = @unix,@win
sig   = 4:64:0:65535:mss*1,7:mss,nop,ws:df:0
