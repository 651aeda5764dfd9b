#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run around the tests of a Rust crate, as docs/run.md has it; what a test starts is foreign, too.
set -eu
mkdir -p ~/crate/.cargo ~/crate/src
cd ~/crate
cat >Cargo.toml <<'END'
[package]
name = "uname"
version = "1.0.0"
edition = "2021"
END
cat >src/lib.rs <<'END'
#[test]
fn uname() {
    let child = std::process::Command::new("/srv/arm64/bin/busybox").args(["uname", "-m"]).output().unwrap();
    assert_eq!((std::env::consts::ARCH, &child.stdout[..]), ("aarch64", &b"aarch64\n"[..]));
}
END
cp /mnt/run_cargo .cargo/config.toml
export QEMU_LD_PREFIX=/usr/aarch64-linux-gnu
cargo test --offline --target=aarch64-unknown-linux-gnu | tee log
grep '^test uname ' log >&3
