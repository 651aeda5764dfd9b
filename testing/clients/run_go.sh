#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run around the tests of a Go module, as docs/run.md has it; what a test starts is foreign, too.
set -eu
mkdir ~/module
cd ~/module
cat >go.mod <<'END'
module uname
END
cat >uname_test.go <<'END'
package uname

import (
	"os/exec"
	"runtime"
	"testing"
)

func TestUname(t *testing.T) {
	out, err := exec.Command("/srv/arm64/bin/busybox", "uname", "-m").Output()
	if err != nil || string(out) != "aarch64\n" || runtime.GOARCH != "arm64" {
		t.Fatal(err, string(out), runtime.GOARCH)
	}
}
END
sh -eux /mnt/run_go | tee log
grep -o '^ok *.uname' log >&3
