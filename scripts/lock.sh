#!/usr/bin/env bash
# Write emollm_plugin/stacks/<stack>.lock again: the version of every package that a stack and its extras bring, to the last one.
# To be run when emollm_plugin/stacks/*.txt or setup.cfg change; needs uv (pip install uv) and a package registry.
#
#   bash scripts/lock.sh
set -euo pipefail
cd "$(dirname "$0")/.."
[[ "${1:-}" != "--help" ]] || { awk 'NR > 1 && !/^#/ { exit } NR > 1 { sub(/^# ?/, ""); print }' "$0" && exit; }

# lock NAME STACK EXTRA...: for the oldest Python of the stack
lock() {
    local out="emollm_plugin/stacks/$1.lock" oldest extras=()
    read -r _ oldest _ < <(grep "^$2 " emollm_plugin/stacks/pythons.txt)
    for extra in "${@:3}"; do extras+=(--extra "$extra"); done
    uv pip compile --quiet --upgrade --universal --python-version "$oldest" "${extras[@]}" setup.cfg \
        "emollm_plugin/stacks/$2.txt" --no-annotate --no-header --output-file "$out"
    # The project itself is no package of a registry.
    sed -i '/^-e \|^\.$/d' "$out"
}

lock current current video heic parquet plot test serve endpoint docs browser
lock classic classic video parquet plot test
# lmms-eval holds several packages back, so it gets an environment of its own.
lock lmms-eval current video plot test lmms-eval
# vLLM brings a transformers of its own. For a CPU it wants PyTorch's build for CPUs, which is of one platform, and which pip
# alone finds; so this lock is for the machine and Python at hand.
python3.11 -m venv .venv-lock
.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed --report .venv-lock/vllm.json \
    -r emollm_plugin/stacks/vllm.txt .
.venv-lock/bin/python - >emollm_plugin/stacks/vllm.lock <<'PYTHON'
import json

found = [each["metadata"] for each in json.load(open(".venv-lock/vllm.json"))["install"]]
pins = {each["name"].lower().replace("_", "-"): each["version"].partition("+")[0] for each in found}
print("\n".join(f"{name}=={version}" for name, version in sorted(pins.items()) if name != "emollm-llava"))
PYTHON
rm -r .venv-lock
