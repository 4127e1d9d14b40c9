#!/bin/sh
# Finds the browser that the tests of pages drive. Where there is none, installs Debian's or Ubuntu's, if this is root
# and apt is there, as in a container. Never fails: without a browser those tests are skipped, and say so at the end.
set -u

for name in chromium chromium-browser google-chrome google-chrome-stable chrome msedge microsoft-edge; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -n "${PEGBOARD_TEST_BROWSER:-}" ] && exit 0

if [ "$(uname -s)" = Linux ] && command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
    echo "==> Installing Chromium with apt, for the tests of pages"
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >/dev/null 2>&1 && exit 0
    echo "    it could not be installed" >&2
fi
echo "There is no Chromium, Chrome or Edge here: the tests of pages will be skipped. Install one, or name one:" >&2
echo "    PEGBOARD_TEST_BROWSER=/path/to/chromium make test" >&2
