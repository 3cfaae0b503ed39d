#!/usr/bin/env bash
# Install a wheel in a fresh environment and see that it works where no clone is: data, scores, commands, what each extra
# brings; without torch.
#
#   bash scripts/try_wheel.sh WHEEL
#
# PYTHON     the Python to try, 3.10 to 3.13    default: python3
# EXTRAS     the extras to try                  default: all but docs and test, which are for a clone, and lmms-eval, which
#            has an environment of its own (scripts/setup.sh)
set -euo pipefail
if [[ $# != 1 || "$1" == --help ]]; then
    awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0"
    exit "$(($# != 1))"
fi
[[ -f "$1" ]] || { printf 'error: %s is no wheel; python -m build makes one in dist/\n' "$1" >&2 && exit 2; }
wheel="$(cd "$(dirname "$1")" && pwd)/$(basename "$1")"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$wheel[video]"
unset PYTHONPATH
export PATH="$folder/venv/bin:$PATH"
mkdir "$folder/elsewhere" && cd "$folder/elsewhere"

python -c 'import emollm_plugin, sys; assert emollm_plugin.__file__.startswith(sys.prefix), emollm_plugin.__file__'
emollm --version
python -m emobench_data mini --out mini --train 12 --test 6
# Whoever answers with the gold is right.
mkdir run && python - >run/answers.jsonl <<'PYTHON'
import json

for line in open("mini/gold.jsonl"):
    row = json.loads(line)
    print(json.dumps({"question_id": row["question_id"], "text": row["answer"]}))
PYTHON
asked=(--questions mini/questions.jsonl --gold mini/gold.jsonl --predictions run/answers.jsonl)
python -m emobench_data score "${asked[@]}"
emollm score "${asked[@]}" --json --out run/results.json >/dev/null
emollm report run --out report >/dev/null
python -m emobench_data validate mini/train.json --media-root mini/media
python -m emobench_data sources >/dev/null
emollm settings >/dev/null
ls "$(emollm lmms-eval-path)/emobench.yaml" >/dev/null
# Commands that need the model stack say so.
asked="$(emollm template nothing 2>&1)" && exit 1
[[ "$asked" == "error: "*"emollm setup"* ]] || { printf '%s\n' "$asked" >&2 && exit 1; }
# Each extra can be installed, and what it names can be imported.
extras="${EXTRAS:-$(python -c 'from importlib.metadata import metadata
print(*sorted({*metadata("emollm-llava").get_all("Provides-Extra")} - {"docs", "lmms-eval", "test"}))')}"
python -m pip install --quiet --disable-pip-version-check "$wheel[${extras// /,}]"
# shellcheck disable=SC2086
python - $extras <<'PYTHON'
import sys
from importlib import import_module
from importlib.metadata import requires

from packaging.requirements import Requirement

for extra in sys.argv[1:]:
    asked = [one for one in map(Requirement, requires("emollm-llava")) if one.marker and one.marker.evaluate({"extra": extra})]
    assert asked, f"the wheel has no extra {extra}"
    for one in asked:
        import_module(one.name.replace("-", "_"))
    print(f"extra {extra}: {', '.join(one.name for one in asked)}")
PYTHON
printf '== works outside of the clone: %s, %s\n' "$(basename "$wheel")" "$(python --version)"
