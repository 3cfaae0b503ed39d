#!/usr/bin/env bash
# Make dist/ for a release, and try it: what .github/workflows/release.yml calls. Needs the packages `build` and `twine`.
#
#   bash scripts/release.sh TAG
#
# TAG is `v` and the version of emollm_plugin/_version.py, for which CHANGELOG.md has a heading with a date.
set -euo pipefail
cd "$(dirname "$0")/.."
if [[ $# != 1 || "$1" == --help ]]; then
    awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
    exit "$(($# != 1))"
fi
die() { printf 'error: %s\n' "$*" >&2 && exit 2; }

version="$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' emollm_plugin/_version.py)"
[[ "$1" == "v$version" ]] || die "TAG is $1, and emollm_plugin/_version.py says $version; tag v$version, or change that line"
grep -qE "^## ${version//./\\.} \([0-9]{4}-[0-9]{2}-[0-9]{2}\)$" CHANGELOG.md ||
    die "CHANGELOG.md has no heading \`## $version (YYYY-MM-DD)\`; give the version its date"
[[ ! -e dist ]] || die "dist/ is there already; move it away, so that no older file is published"
python3 -m build
# What a package index would refuse or could not show.
python3 -m twine check --strict dist/*
bash scripts/try_wheel.sh dist/*.whl
