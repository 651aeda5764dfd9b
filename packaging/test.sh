#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# test.sh: builds packages, images and manifests, and uses them as users do; ends with "N passed, N failed".

# shellcheck source=../toolchains/bazel.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../toolchains/bazel.sh"
# shellcheck source=../testing/counts.sh
source testing/counts.sh

packages=(
  # Emulators, and what runs containers.
  qemu-user-static crun podman
  # The image tests read images with these, and take the runtimes' seccomp profile from the last.
  skopeo umoci golang-github-containers-common
  lintian mmdebstrap python3-yaml curl
  # What lets a system call of a boot script fail, and what Buildroot's package is for.
  strace make
  # Of Debian's source package, and of the recipes of other distributions.
  debhelper fakeroot
  makepkg libarchive-tools rpm rpmlint nix-bin
)
# Models of Kubernetes' API, and what checks manifests against them.
manifest_modules=(kubernetes-models@5.1.0 kubernetes-types@1.30.0 typescript@5.8.3 js-yaml@4.1.0)

# check_manifests KUBECTL
check_manifests() {
  local modules
  modules=$(npm_modules manifests "${manifest_modules[@]}") || return
  node packaging/kubernetes/check_yaml.mjs "$modules" "$1"
}

prepare "${packages[@]}"
need_npm
product=bazel-bin/binfmtbox_x86_64
foreign=bazel-bin/binfmtbox_arm64
image=bazel-bin/packaging/image
kubernetes=packaging/kubernetes
check "the version is the same everywhere" python3 packaging/check_version.py
check "packages and images" bazel build //packaging:release
# Only a release stops if Debian's archive has newer emulators.
python3 packaging/image/fetch.py --check "$image"/emulators_*.txt || true
run_counted "pantavisor's hook" python3 boot/pantavisor_test.py "$product" "$foreign"
run_counted "boot scripts" python3 boot/scripts_test.py "$product"
check "an addon of pantavisor's initramfs" bazel build //boot:addon
run_counted "trees for Buildroot and OpenEmbedded, and the addon" python3 boot/layers_test.py \
  bazel-bin/boot/{binfmtbox-buildroot,meta-binfmtbox}.tar.gz bazel-bin/boot/addon-binfmtbox_x86_64.cpio.xz4 "$product"
run_counted "who and where the project is" python3 packaging/identity_test.py
run_counted "files of a release" python3 packaging/release_test.py
run_counted "the action" python3 packaging/action/action_test.py "$product"
run_counted "Debian packages" python3 packaging/deb/install_test.py "$product" bazel-bin/packaging/deb/binfmtbox_*.deb
run_counted "Debian's source package" packaging/deb/source_test.sh bazel-bin/packaging/deb/binfmtbox_amd64.deb
run_counted "recipes of other distributions" python3 packaging/recipes/recipes_test.py bazel-bin
run_counted "container image" python3 packaging/image/image_test.py "$image/image" "$image/image_bare" "$foreign"
run_counted "archives for pantavisor" python3 packaging/pantavisor/pantavisor_test.py bazel-bin bazel-bin/packaging/pantavisor "$foreign"
run_counted "the pod's privileges" python3 "$kubernetes/pod_test.py" "$image/binfmt_x86_64" "$foreign"
run_counted "the pod's update" python3 "$kubernetes/update_test.py" "$image/binfmt_x86_64" "$foreign"
run_counted "a small fleet" python3 "$kubernetes/soak.py" --nodes 6 --seconds 15 "$product"
kubectl=$(python3 "$kubernetes/kubectl.py") || true
run_counted "kubectl apply" python3 "$kubernetes/apply_test.py" "$kubectl"
run_counted "manifests against Kubernetes' API" check_manifests "$kubectl"
finish
