#!/bin/sh
# Make sure that there is an nginx for the tests of several replicas; install Debian's when there is none.
set -eu
# Debian keeps it where only root looks by default.
if PATH="$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1; then exit 0; fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "The tests of several replicas need nginx, and this system has no apt-get to install it with: please install it." >&2
  exit 2
fi
sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
echo "Installing nginx with apt-get, without starting its service: the tests of several replicas need it" >&2
# Debian starts a service as soon as it is installed, unless this program forbids it.
forbids=/usr/sbin/policy-rc.d
if [ ! -e "$forbids" ]; then
  trap '$sudo rm -f "$forbids"' EXIT
  printf '#!/bin/sh\nexit 101\n' | $sudo tee "$forbids" >/dev/null
  $sudo chmod 755 "$forbids"
fi
$sudo apt-get update -qq >/dev/null
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends nginx >/dev/null
