# SPDX-License-Identifier: MIT
"""Random databases, and random damage to databases."""
LAYOUTS = ("mss,sok,ts,nop,ws", "mss,nop,ws,nop,nop,sok", "mss,nop,nop,sok",
           "mss", "", "mss,nop,ws,nop,nop,ts,sok,eol+1", "mss,sok,eol+1",
           "mss,nop,eol+2", "mss,eol+3", "mss,sok,ts,nop,ws,?34,nop,nop",
           "mss,nop,nop,?30,nop,nop,sok", "mss,ws,nop,ts,sok,eol+2",
           "nop,nop,ts,nop,ws,mss", "mss,nop,nop,sack,nop,nop", "ts,nop,nop")
QUIRKS = ("df", "id+", "id-", "ecn", "0+", "flow", "seq-", "ack+", "ack-",
          "uptr+", "urgf+", "pushf+", "ts1-", "ts2+", "opt+", "exws", "bad")
NOT_OVER_6 = ("df", "id+", "id-", "0+")
TTLS = ("32", "64", "128", "255", "29", "28", "50+14", "64-", "255-")
SYSTEMS = ("unix:Linux", "unix:BSD", "win:Windows", "other:Box", "!:tool",
           "!:scanner")
LINKS = ("Ethernet", "DSL", "tunnel: one, two", "x")
NUMBERS = ("", "0", "1", "64", "255", "256", "1000", "1001", "65535", "65536",
           "4294967296", "4294967360", "4294967295", "2147483648", "-1", "*",
           "?", "x", "1 ")
FIELDS = (  # what each field of a signature can be replaced by
    ("4", "6", "*", "5", "", "46", "**"),
    NUMBERS + ("64-", "64+1", "255+1", "254+1", "64+", "64+?", "64--", "60+4-",
               "-", "+1", "0+64", "64+0", "64+4294967296"),
    NUMBERS,
    NUMBERS,
    tuple(n + "," for n in NUMBERS) + NUMBERS + tuple(
        w + s for w in ("%1", "%2", "%65535", "%65536", "%", "mss*0", "mss*1",
                        "mss*1000", "mss*1001", "mss*", "mss", "mtu*2",
                        "mtu*1001", "mtu*", "mt*4", "*", "**2", "8192")
        for s in (",0", ",*", ",255", ",256", ",", ",7,")),
    ("mss,", ",mss", "mss,,ws", "eol+0", "eol+", "eol+255", "eol+256", "eol",
     "mss,eol+1,nop", "mss,eol+1,", "?", "?0", "?2", "?255", "?256", "?x",
     "?4294967297", "sokk", "sok,sack", "tsmss", "nop," * 23 + "nop",
     "nop," * 24 + "nop", "nop," * 23 + "eol+0", "nop," * 24, "wss", "MSS"),
    ("df,", ",df", "df,,id+", "df,df", "dfx", "id+", "id-", "id", "0+", "flow",
     "seq-,ack+,ack-,uptr+,urgf+,pushf+,ts1-,ts2+,opt+,exws,bad", "ts1+",
     "ecn,flow", "exw", "badd", "0", "+", "DF"),
    ("0", "+", "*", "", "1", "0 ", "+0", "00", "0\r", " 0", "0:", "0:0"))
WORDS = sum(FIELDS, ())
LINES = ("[mtu]", "[tcp:request]", "[tcp:response]", "[tcp:both]", "[udp]",
         "[tcp]", "[tcp:request", "classes = a,b", "classes = a,", "classes =",
         "classes = unix", "label = s:unix:Linux:", "label = g:unix:Linux:9:x",
         "label = x:unix:Linux:", "label = s:nope:Linux:", "label = s:!:hping:",
         "label = s:unix::", "label = s:unix:Lin|x:", "label = s:unix", "label",
         "sys = @unix", "sys = Linux,@win", "sys = @nope", "sys = ,", "sys =",
         "sig = 1500", "sig = *:64:0:*:*,*:mss:df:0", "sig   =", "sig", "",
         "ua_os = Linux", ";", "  ; x", "foo = bar", "label = ", "\t")
# no NUL: p0f ends a line there, x0f refuses a file that is no text
CHARACTERS = "0123456789:*,+-%?;=[]@! \tabemopstw_/\r\x80"


def signature(rng):
    version = rng.choice("**46")
    quirks = {q for q in QUIRKS if rng.random() < 0.12}
    if rng.random() < 0.5:
        quirks |= {"df", "id+"}
    if version == "6":
        quirks -= set(NOT_OVER_6)
    if version == "4":
        quirks.discard("flow")
    ttl = rng.choice(TTLS)
    number = rng.randint(2, 60)
    return ":".join((
        version, ttl, rng.choice("00004"),
        rng.choice(("*", "*", "*", "1460", "1440", "536", "0")),
        rng.choice(("*", "%%%d" % (64 * number), "mss*%d" % number,
                    "mss*%d" % number, "mtu*%d" % number, "65535", "8192",
                    str(rng.randrange(65536)))) + "," +
        rng.choice(("*", "*", "0", "7", "8", "15")), rng.choice(LAYOUTS),
        ",".join(q for q in QUIRKS if q in quirks), rng.choice("000+*")))


def neighbour(rng, text):
    """A signature that differs in one field, mostly by asking for less."""
    parts = text.split(":")
    window, scale = parts[4].split(",")
    quirks = parts[6].split(",")
    at = rng.choice((1, 3, 4, 4, 6, 6, 7))
    parts[at] = {
        1: rng.choice(TTLS), 3: "*", 7: "*",
        4: rng.choice((window + ",*", "*," + scale)),
        6: ",".join(quirks[rng.randrange(2):])}[at]
    return ":".join(parts)


def generate(rng, count):
    """Lines of a database; some signatures may cover others."""
    out = ["classes = win,unix,other", "[mtu]"]
    for link in LINKS:
        out += ["label = " + link] + [
            "sig = %d" % rng.choice((1500, 1492, 1480, 1400, 576, 65535,
                                     rng.randint(1, 65535)))
            for _ in range(3)]
    for section in ("[tcp:request]", "[tcp:response]"):
        out.append(section)
        made = []
        for position in range(count):
            if position % 3 == 0:
                system = rng.choice(SYSTEMS)
                out.append("label = %s:%s:%d" % (rng.choice("ssg"), system,
                                                 position))
                if system.startswith("!"):
                    out.append("sys = @unix,Windows,Something else")
            made.append(neighbour(rng, rng.choice(made))
                        if made and rng.random() < 0.4 else signature(rng))
            out.append("sig   = " + made[-1])
    return out


def without_http(text):
    """p0f's lines in front of the first [http:…] section."""
    return text.split("\n[http:")[0].splitlines()


def edit_field(rng, line):
    """One field of a signature or label becomes something else."""
    head, equals, value = line.partition("=")
    parts = value.strip().split(":")
    at = rng.randrange(len(parts))
    fits = len(parts) == len(FIELDS) and rng.random() < 0.9
    parts[at] = rng.choice(FIELDS[at] if fits else WORDS)
    return head + equals + " " + ":".join(parts)


def edit_cover(rng, line):
    """The same signature again, or one that is nearly the same."""
    again = line
    for old, new in rng.sample((("*:", "4:"), ("*:", "6:"), ("4:", "*:"),
                                (":64:", ":60:"), (":64:", ":29:"),
                                (":64:", ":28:"), (":128:", ":93:"),
                                (":*,", ":1000,"), (",*:", ",7:"),
                                (":*:", ":1460:"),                                 ("mss*4", "5840"), ("df,", ""), (":*", ":0"),
                                ("", "")), 3):
        if rng.random() < 0.5:
            again = again.replace(old, new, 1)
    return line + "\n" + again


def edit_character(rng, line):
    at = rng.randrange(len(line) + 1)
    new = rng.choice(CHARACTERS) if rng.random() < 0.7 else ""
    return line[:at] + new + line[at + rng.randint(0, 1):]


def edit_order(rng, line):
    parts = line.split(":")
    first, second = rng.randrange(len(parts)), rng.randrange(len(parts))
    parts[first], parts[second] = parts[second], parts[first]
    return ":".join(parts)


def damage(rng, lines):
    """One or two edits; most of them where a parser has something to say."""
    lines = list(lines)
    for _ in range(rng.choice((1, 1, 2))):
        where = [n for n, text in enumerate(lines)
                 if text.strip() and not text.startswith(";")]
        signatures = [n for n in where if lines[n].count(":") == 7] or where
        way = rng.random()
        at = rng.choice(where if way < 0.4 else signatures)
        if way < 0.08:
            del lines[at]
        elif way < 0.20:
            lines.insert(at, rng.choice(LINES))
        elif way < 0.30:
            lines.insert(rng.choice(where), lines[at])
        else:
            edit = rng.choice((edit_field, edit_field, edit_field, edit_cover,
                               edit_cover, edit_character, edit_order))
            lines[at] = edit(rng, lines[at])
    return lines
