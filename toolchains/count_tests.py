"""count_tests.py FILE: counts test cases in a build event file of bazel test.

Prints how many passed and how many failed, and then a line for each that failed. A
skipped case counts as failed: where this runs, everything that the tests need must
be there.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


def count_cases(path):
    """Returns how many cases of one test.xml passed, and those that did not as texts."""
    passed = 0
    failures = []
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        if case.get("status") == "notrun":  # GoogleTest: DISABLED_
            continue
        name = ".".join(filter(None, (case.get("classname"), case.get("name"))))
        if case.find("failure") is not None or case.find("error") is not None:
            failures.append(name)
        elif case.find("skipped") is not None or case.get("result") == "skipped":
            failures.append(f"{name} was skipped")
        else:
            passed += 1
    return passed, failures


def main():
    passed = 0
    failures = []
    with open(sys.argv[1], encoding="utf-8") as events:
        for line in events:
            event = json.loads(line)
            # Not for this platform: nothing that could fail.
            if event.get("aborted", {}).get("reason") == "SKIPPED":
                continue
            if "targetCompleted" in event["id"] and not event.get("completed", {}).get("success"):
                failures.append(f"{event['id']['targetCompleted']['label']} did not build")
            result = event.get("testResult")
            if result is None:
                continue
            label = event["id"]["testResult"]["label"]
            outputs = {o["name"]: o.get("uri", "") for o in result.get("testActionOutput", [])}
            ok = 0
            bad = []
            if "test.xml" in outputs:
                path = urllib.parse.unquote(urllib.parse.urlparse(outputs["test.xml"]).path)
                ok, bad = count_cases(path)
            # A test program that died or said nothing has no failed case.
            if result["status"] != "PASSED" and not bad:
                bad = [result["status"]]
            elif result["status"] == "PASSED" and ok == 0 and not bad:
                ok = 1
            passed += ok
            failures += [f"{label}: {case}" for case in bad]
    print(passed, len(failures))
    for failure in failures:
        print(failure)


if __name__ == "__main__":
    main()
