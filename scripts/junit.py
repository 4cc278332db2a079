#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Names what did not pass in JUnit files of ctest, for the end of scripts/test:

    junit.py PRESET=FILE...
"""
import sys
import xml.etree.ElementTree as tree


def reason(test):
    """What a test that did not run printed."""
    printed = (test.findtext("system-out") or "").strip().splitlines()
    said = [line for line in printed if line.lower().startswith("skip")]
    for line in said + printed[-1:]:
        return line.strip()
    return "printed no reason"


def main():
    for argument in sys.argv[1:]:
        preset, path = argument.split("=", 1)
        try:
            tests = tree.parse(path).getroot().findall("testcase")
        except (OSError, tree.ParseError) as error:
            print("no list of tests: %s: %s" % (path, error))
            continue
        for test in tests:
            name = "%s: %s" % (preset, test.get("name"))
            if test.get("status") == "fail":
                print("FAILED   %s" % name)
            elif test.get("status") != "run":
                print("skipped  %s (%s)" % (name, reason(test)))


if __name__ == "__main__":
    main()
