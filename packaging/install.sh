#!/bin/sh
# Installs Podling from a release archive: a file, or a URL. It checks the archive against SHA256SUMS, which must lie beside
# it, and puts the executable, its links and the documents under a prefix.
#
#   sudo ./install.sh podling-0.1.0-linux-x64.tar.gz
#   sudo ./install.sh https://example.com/releases/v0.1.0        the folder of a release: takes the archive of this machine
#   PREFIX=$HOME/.local ./install.sh podling-0.1.0-linux-x64.tar.gz
set -eu

PREFIX=${PREFIX:-/usr/local}

say() { printf 'install: %s\n' "$*"; }
fail() { printf 'install: %s\n' "$*" >&2; exit 1; }

usage() {
  fail "expected one release archive, or the URL of an archive or of a release's folder: install.sh podling-VERSION-PLATFORM.tar.gz"
}

platform() {
  case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) fail "there is no archive for $(uname -s)" ;;
  esac
  case $(uname -m) in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) fail "there is no archive for $(uname -m)" ;;
  esac
  printf '%s-%s' "$os" "$arch"
}

# download URL FILE
download() {
  if command -v curl >/dev/null 2>&1; then curl -fsSL --retry 3 -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then wget -q -O "$2" "$1"
  else fail "curl or wget is needed to download $1"
  fi || fail "cannot download $1"
}

sha256() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d' ' -f1
}

# verify SUMS NAME FILE
verify() {
  expected=$(awk -v name="$2" '{ sub(/^\*/, "", $2) } $2 == name { print $1 }' "$1")
  [ -n "$expected" ] || fail "SHA256SUMS has no line for $2"
  actual=$(sha256 "$3")
  [ "$actual" = "$expected" ] || fail "$2 is damaged or was changed: its SHA-256 is $actual, and SHA256SUMS says $expected. Download it again"
}

[ $# -eq 1 ] || usage
source=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

case $source in
  -*) usage ;;
  http://* | https://*)
    case $source in
      *.tar.gz) folder=${source%/*} name=${source##*/} ;;
      *) folder=${source%/} name= ;;
    esac
    download "$folder/SHA256SUMS" "$work/SHA256SUMS"
    if [ -z "$name" ]; then
      name=$(awk -v end="-$(platform).tar.gz" '{ sub(/^\*/, "", $2) } index($2, end) == length($2) - length(end) + 1 { print $2; exit }' "$work/SHA256SUMS")
      [ -n "$name" ] || fail "the release has no archive for $(platform)"
    fi
    archive=$work/$name
    say "downloading $folder/$name"
    download "$folder/$name" "$archive"
    sums=$work/SHA256SUMS
    ;;
  *)
    [ -f "$source" ] || fail "there is no file $source"
    archive=$source name=${source##*/}
    sums=$(dirname "$source")/SHA256SUMS
    [ -f "$sums" ] || fail "SHA256SUMS is missing beside $source: download it from the same release"
    ;;
esac

verify "$sums" "$name" "$archive"
mkdir "$work/files"
tar -xzf "$archive" -C "$work/files" --strip-components=1 || fail "$name cannot be unpacked"
"$work/files/podling" version --client >/dev/null 2>&1 ||
  fail "the executable of $name does not run on this machine, which is $(uname -s) on $(uname -m)"

bin=$PREFIX/bin doc=$PREFIX/share/doc/podling
mkdir -p "$bin" "$doc" 2>/dev/null && [ -w "$bin" ] && [ -w "$doc" ] ||
  fail "no permission to write to $PREFIX: run this with sudo, or set PREFIX=\$HOME/.local"
# Under a new name first: a running master keeps its file, and none starts from a partial one.
cp "$work/files/podling" "$bin/.podling.new"
chmod 755 "$bin/.podling.new"
mv -f "$bin/.podling.new" "$bin/podling"
if [ -e "$work/files/systemd" ]; then
  ln -sf podling "$bin/podling-master"
  ln -sf podling "$bin/podling-worker"
fi
cp -R "$work/files/doc/." "$doc/"

say "installed $("$bin/podling" version --client | head -n 1) in $bin"
case :$PATH: in
  *:"$bin":*) ;;
  *) say "$bin is not in your PATH: export PATH=$bin:\$PATH" ;;
esac
say "next: podling up, for a master and a worker on this machine; or podling systemd install master"
