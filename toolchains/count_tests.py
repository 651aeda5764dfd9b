"""count_tests.py FILE: counts test cases in a build event file of bazel test.

Prints how many passed and how many failed. A skipped case counts as failed: where
this runs, everything that the tests need must be there.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


def count_cases(path):
    """Returns (passed, failed, skipped) of one test.xml."""
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.get("status") == "notrun":  # GoogleTest: DISABLED_
            continue
        if case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            counts["skipped"] += 1
        else:
            counts["passed"] += 1
    return counts["passed"], counts["failed"], counts["skipped"]


def main():
    passed = failed = 0
    with open(sys.argv[1], encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            # Not for this platform: nothing that could fail.
            if event.get("aborted", {}).get("reason") == "SKIPPED":
                continue
            if "targetCompleted" in event["id"] and not event.get("completed", {}).get("success"):
                print("%s did not build" % event["id"]["targetCompleted"]["label"], file=sys.stderr)
                failed += 1
            result = event.get("testResult")
            if result is None:
                continue
            label = event["id"]["testResult"]["label"]
            outputs = {o["name"]: o.get("uri", "") for o in result.get("testActionOutput", [])}
            ok = skipped = 0
            bad = 0
            if "test.xml" in outputs:
                path = urllib.parse.unquote(urllib.parse.urlparse(outputs["test.xml"]).path)
                ok, bad, skipped = count_cases(path)
            if skipped:
                print("%s: %d skipped test cases count as failed" % (label, skipped), file=sys.stderr)
            # A test program that died or said nothing has no failed case.
            if result["status"] != "PASSED" and bad == 0:
                bad = 1
            elif result["status"] == "PASSED" and ok + bad + skipped == 0:
                ok = 1
            passed += ok
            failed += bad + skipped
    print(passed, failed)


if __name__ == "__main__":
    main()
