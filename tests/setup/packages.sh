#!/bin/bash
# Brings what a group of work needs onto a Debian 12 machine, from the package registry only.
#
#   packages.sh GROUP...     groups: build, run, lint, real, vm
#
# Two ways, so that nothing of the machine's own changes: libraries and tools are installed (only what is missing; with
# nothing missing the network is not asked), while programs that come with a service or that a machine may have in
# another version (containerd, etcd, kubectl) are unpacked into the cache folder and linked into CACHE/bin, never
# installed. Root, Debian's package tools and a network to the registry are all it takes.
set -euo pipefail

cache=${CRM_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/cri-resmgr}

# group -> packages to install
declare -A install=(
  [build]="build-essential cmake ninja-build ccache pkg-config git
    libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc libabsl-dev libhwloc-dev libxml2-dev liblzma-dev
    libyaml-cpp-dev libre2-dev nlohmann-json3-dev libspdlog-dev libboost-dev libssl-dev zlib1g-dev libgtest-dev libgmock-dev"
  [run]="python3 python3-yaml busybox-static libseccomp2 iproute2 procps util-linux mount"
  [lint]="python3 python3-yaml clang-format-14 clang-tidy-14 shellcheck git"
  [real]="python3 python3-yaml busybox-static libseccomp2 iproute2 procps util-linux mount openssl ca-certificates iptables kmod"
  [vm]="python3 python3-yaml busybox-static qemu-system-x86 cpio kmod xz-utils"
)
# group -> packages to unpack and link
declare -A unpack=(
  [build]=""
  [run]="containerd runc kubernetes-client"
  [lint]=""
  [real]="containerd runc etcd-server containernetworking-plugins kubernetes-client golang-1.19-go"
  [vm]="containerd runc"
)

die() { printf 'packages: %s\n' "$*" >&2; exit 1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

updated=
update() {
  [ -n "$updated" ] && return
  updated=1
  printf 'packages: asking the registry for its lists\n'
  apt-get update -qq
}

# unpack_package NAME: Debian's package of that name under CACHE/debian/NAME; the machine's own if it is installed.
unpack_package() {
  local name=$1 folder=$cache/debian/$1 file
  if installed "$name"; then
    dpkg-query -L "$name" | link_programs
    return
  fi
  if [ ! -e "$folder/.complete" ]; then
    update
    rm -rf "$folder" "$folder.new"
    mkdir -p "$folder.new"
    (cd "$folder.new" && apt-get download -qq -o APT::Sandbox::User=root "$name")
    file=$(find "$folder.new" -maxdepth 1 -name '*.deb')
    dpkg-deb -x "$file" "$folder.new"
    rm "$file"
    touch "$folder.new/.complete"
    mv "$folder.new" "$folder"
    printf 'packages: unpacked %s\n' "$name"
  fi
  find "$folder" -type f | link_programs
}

# Links every program among the paths of standard input into CACHE/bin.
link_programs() {
  local path
  while read -r path; do
    case $path in
      */usr/bin/* | */usr/sbin/* | /bin/* | /sbin/*) [ -f "$path" ] && [ -x "$path" ] && ln -sfn "$path" "$cache/bin/${path##*/}" ;;
    esac
  done
  return 0
}

[ $# -gt 0 ] || die "usage: packages.sh GROUP... (groups: ${!install[*]})"
mkdir -p "$cache/bin" "$cache/debian"
exec 9> "$cache/.packages.lock"
flock 9

missing=()
for group in "$@"; do
  [ -n "${install[$group]+x}" ] || die "no group '$group'; groups: ${!install[*]}"
  for package in ${install[$group]}; do
    installed "$package" || missing+=("$package")
  done
done
if [ ${#missing[@]} -gt 0 ]; then
  [ "$(id -u)" = 0 ] || die "root is needed to install: ${missing[*]}"
  update
  printf 'packages: installing %s\n' "${missing[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > "$cache/apt.log" 2>&1 ||
    { tail -n 20 "$cache/apt.log" >&2; die "apt-get install failed (whole log: $cache/apt.log)"; }
fi
for group in "$@"; do
  for package in ${unpack[$group]}; do unpack_package "$package"; done
done
