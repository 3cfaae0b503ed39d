#!/usr/bin/env bash
# Install a wheel in a fresh environment and see that it works where no clone is: data, scores, commands; without torch.
#
#   bash scripts/try_wheel.sh WHEEL
#
# PYTHON     the Python to try, 3.10 to 3.13    default: python3
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
printf '== works outside of the clone: %s, %s\n' "$(basename "$wheel")" "$(python --version)"
