#!/bin/sh
# Make sure that there is a Chromium for the browser tests; install Debian's when there is none.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The browser tests need Chromium, and this system has no apt-get to install it with: please install it." >&2
  exit 2
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing Chromium and fonts with apt-get: the browser tests need them" >&2
$sudo apt-get update -qq >/dev/null
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
  chromium fonts-noto-core fonts-noto-cjk >/dev/null
