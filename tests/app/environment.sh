#!/usr/bin/env bash
# Makes the folder that is named an environment over .venv, with gradio and the versions that it needs.
set -euo pipefail
[ -x "$1/bin/vidgan-app" ] && [ "$1" -nt constraints-app.txt ] && exit
rm -rf "$1"
.venv/bin/python -m venv --without-pip "$1"
below=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
own=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "import site; site.addsitedir('$below')" > "$own/zz_below.pth"
"$1/bin/python" -m pip install --quiet -c constraints-app.txt -e ".[app]"
touch "$1"
