#!/bin/sh
# Installs the shared libraries that Open3D and headless Chromium load, where Debian or Ubuntu lacks them;
# elsewhere, or without rights, says in one line what to install.
set -eu
[ "$(uname -s)" = Linux ] || exit 0
missing=""
known=$(ldconfig -p 2>/dev/null || /sbin/ldconfig -p)
want() { case "$known" in *"$1"*) ;; *) missing="$missing $2" ;; esac; }
want libGL.so.1 libgl1
want libEGL.so.1 libegl1
want libX11.so.6 libx11-6
want libudev.so.1 libudev1
want libidn2.so.0 libidn2-0
want libgomp.so.1 libgomp1
want libmagic.so.1 libmagic1
want libnss3.so libnss3
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "Please install the libraries that Debian calls:$missing"
    exit 0
fi
if [ "$(id -u)" = 0 ]; then as_root=""; elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then as_root=sudo; else
    echo "Please run once: sudo apt-get install$missing"
    exit 0
fi
echo "Installing system libraries:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
