#!/usr/bin/env bash
# Evaluate a checkpoint on EmoBench, or on any question file of LLaVA's, and print the score table.
#
#   [VARIABLE=value ...] bash scripts/eval_emobench.sh CHECKPOINT [--help | --dry-run]
#
# With nothing else set it asks the questions of the rendered EmoBench-mini. The last line printed is the path of
# results.json, of the answers where there is no GOLD, of the report with BEFORE. A run that was stopped goes on with
# the same command.
#
#   EVALUATOR      emollm (batched), or LLaVA's own scripts: model_vqa_loader, model_vqa, model_vqa_science
#                                                                                default: emollm
#   QUESTIONS, GOLD, IMAGE_FOLDER   LLaVA's question file, its answers, its pictures   default: EmoBench-mini's
#   MINI_TRAIN, MINI_TEST   records of EmoBench-mini                             default: 720, 144
#   STIMULI        file with a line each, an id and a text: ask every question plain and behind each text, in
#                  OUT_DIR/<id>, and report on all of them
#   GENERAL_QUESTIONS, GENERAL_GOLD, GENERAL_IMAGES   ask these too, any question file of LLaVA's with short answers:
#                  what has fine-tuning cost? Gold lines are {question_id, answer} or {question_id, answers: [...]}
#   BEFORE         a checkpoint from before fine-tuning: evaluated in the same way into OUT_DIR/before, and compared in
#                  OUT_DIR/report; BEFORE_BASE_MODEL and BEFORE_TEMPLATE are for it
#   LIKELIHOOD     1 takes the most probable of a question's options (emollm)    default: 0
#   BASE_MODEL, TEMPLATE   --model-base and --conv-mode                default: what the checkpoint itself notes
#   MAX_NEW_TOKENS default: 16, 192 for guided questions (model_vqa and model_vqa_science write up to 1,024)
#   BATCH          questions at a time (emollm)                    default: 64 with a small model, else 16
#   DTYPE          number format of the model, as `emollm eval --dtype` takes it (emollm)
#   CHUNKS         processes that share the questions, one a GPU                 default: the GPUs; on a CPU, 1
#   DEVICE         cpu, cuda or auto                                             default: auto
#   OUT_DIR        answers, logs and results              default: eval-<evaluator> beside the checkpoint
#   VENV, DATA_DIR, STACK   as in finetune_emollm.sh
source "$(dirname "$0")/lib.sh"

main() {
    DRY_RUN=0 CHECKPOINT=""
    local argument
    for argument in "$@"; do
        case "$argument" in
            --help | -h) usage "$0" && exit ;;
            --dry-run) DRY_RUN=1 ;;
            -*) die "unknown argument $argument; see --help" ;;
            *) [[ -z "$CHECKPOINT" ]] || die "one CHECKPOINT at a time; got $CHECKPOINT and $argument" && CHECKPOINT="$argument" ;;
        esac
    done
    defaults
    setup_env
    prepare_questions
    choose_chunks
    know_checkpoint
    [[ -z "$BEFORE" ]] || (DRY_RUN=1 && before >/dev/null) # whether it can be evaluated is known now
    if ((DRY_RUN)); then
        chunk_command 0 && printf '%q ' "${EVAL[@]}" && printf '\n'
    elif [[ -n "$STIMULI" ]]; then
        evaluate_stimuli
    else
        evaluate
        score
    fi
    if [[ -n "$GENERAL_QUESTIONS" ]]; then general; fi
    if [[ -n "$BEFORE" ]]; then before; fi
    [[ -z "$GENERAL_QUESTIONS$BEFORE" ]] || ((DRY_RUN)) || printf '%s\n' "$RESULT"
}

# This script again, on the same settings but for those given here as VARIABLE=value.
again() {
    local arguments=("$1")
    shift
    ((!DRY_RUN)) || arguments+=(--dry-run)
    env GENERAL_QUESTIONS= BEFORE= STIMULI= "$@" bash "$ROOT/scripts/eval_emobench.sh" "${arguments[@]}"
}

general() {
    local name
    name="$(basename "${GENERAL_QUESTIONS%.*}")"
    local score=(emollm_plugin.cli score --general "$name" --questions "$GENERAL_QUESTIONS" --gold "$GENERAL_GOLD")
    again "$CHECKPOINT" QUESTIONS="$GENERAL_QUESTIONS" GOLD= IMAGE_FOLDER="$GENERAL_IMAGES" LIKELIHOOD=0 \
        OUT_DIR="$OUT_DIR/general" TEMPLATE="$TEMPLATE" BASE_MODEL="$BASE_MODEL"
    ((DRY_RUN)) || py -m "${score[@]}" --predictions "$OUT_DIR/general/answers.jsonl" --out "$OUT_DIR/general-$name.json"
}

before() {
    again "$BEFORE" GENERAL_QUESTIONS="$GENERAL_QUESTIONS" OUT_DIR="$OUT_DIR/before" \
        TEMPLATE="${BEFORE_TEMPLATE:-}" BASE_MODEL="${BEFORE_BASE_MODEL:-}"
    ((DRY_RUN)) || py -m emollm_plugin.cli report "$OUT_DIR/before" "$OUT_DIR" --out "$OUT_DIR/report"
    RESULT="$OUT_DIR/report/report.html"
}

defaults() {
    [[ -n "$CHECKPOINT" ]] || die "which CHECKPOINT? give its folder; see --help"
    EVALUATOR="${EVALUATOR:-emollm}" LIKELIHOOD="${LIKELIHOOD:-0}" DEVICE="${DEVICE:-auto}" CHUNKS="${CHUNKS:-}"
    [[ "$EVALUATOR" =~ ^(emollm|model_vqa_loader|model_vqa|model_vqa_science)$ ]] ||
        die "EVALUATOR=$EVALUATOR is unknown; known: emollm, model_vqa_loader, model_vqa, model_vqa_science"
    [[ "$DEVICE" =~ ^(auto|cpu|cuda)$ ]] || die "DEVICE=$DEVICE is unknown; known: auto, cpu, cuda"
    must_be '[1-9][0-9]{0,8}' "a whole number from 1" CHUNKS BATCH MAX_NEW_TOKENS MINI_TRAIN MINI_TEST
    must_be '0|1' "0 or 1" LIKELIHOOD
    [[ "$LIKELIHOOD" == 0 || "$EVALUATOR" == emollm ]] || die "LIKELIHOOD=$LIKELIHOOD needs EVALUATOR=emollm"
    BATCH="${BATCH:-}" DTYPE="${DTYPE:-}"
    [[ -z "$DTYPE" || "$EVALUATOR" == emollm ]] || die "DTYPE=$DTYPE needs EVALUATOR=emollm"
    MINI_TRAIN="${MINI_TRAIN:-720}" MINI_TEST="${MINI_TEST:-144}" DATA_DIR="${DATA_DIR:-$ROOT/data}"
    QUESTIONS="${QUESTIONS:-}" GOLD="${GOLD:-}" IMAGE_FOLDER="${IMAGE_FOLDER:-}" STIMULI="${STIMULI:-}"
    [[ -z "$STIMULI" || -f "$STIMULI" ]] || die "STIMULI=$STIMULI does not exist"
    [[ -z "$QUESTIONS" || -f "$QUESTIONS" ]] || die "QUESTIONS=$QUESTIONS does not exist"
    [[ -z "$GOLD" || -f "$GOLD" ]] || die "GOLD=$GOLD does not exist"
    GENERAL_QUESTIONS="${GENERAL_QUESTIONS:-}" GENERAL_GOLD="${GENERAL_GOLD:-}" GENERAL_IMAGES="${GENERAL_IMAGES:-.}"
    [[ -z "$GENERAL_QUESTIONS" ]] || [[ -f "$GENERAL_QUESTIONS" && -f "$GENERAL_GOLD" ]] ||
        die "GENERAL_QUESTIONS=$GENERAL_QUESTIONS and GENERAL_GOLD=$GENERAL_GOLD must both be files"
    BEFORE="${BEFORE:-}"
    [[ -z "$STIMULI" || -z "$GENERAL_QUESTIONS$BEFORE" ]] || die "STIMULI goes with neither GENERAL_QUESTIONS nor BEFORE"
    [[ -z "$BEFORE" || -d "$BEFORE" ]] || die "BEFORE=$BEFORE is no folder"
    [[ -z "$BEFORE" || -z "$QUESTIONS" || -n "$GOLD" ]] || die "BEFORE=$BEFORE needs GOLD, or nothing is compared"
    [[ -d "$CHECKPOINT" ]] && CHECKPOINT="$(cd "$CHECKPOINT" && pwd)" || die "CHECKPOINT $CHECKPOINT is no folder"
    OUT_DIR="${OUT_DIR:-$(dirname "$CHECKPOINT")/eval-$EVALUATOR}"
}

py() { "$VENV/bin/python" "$@"; }

prepare_questions() {
    if [[ -z "$QUESTIONS" ]]; then
        # As the launcher asks: its data are made where it makes them, or found there.
        local made
        made="$(MINI_TRAIN="$MINI_TRAIN" MINI_TEST="$MINI_TEST" DATA_DIR="$DATA_DIR" py -m emollm_plugin.cli questions)" || exit $?
        head -n -3 <<<"$made"
        { read -r QUESTIONS && read -r GOLD && read -r IMAGE_FOLDER; } < <(tail -n 3 <<<"$made")
    fi
    ! grep -qs '"form": *"' "$QUESTIONS" || MAX_NEW_TOKENS="${MAX_NEW_TOKENS:-192}"
    MAX_NEW_TOKENS="${MAX_NEW_TOKENS:-16}"
    make_folder OUT_DIR
    ASKED="$QUESTIONS"
    if [[ "$EVALUATOR" == model_vqa_science ]]; then
        ASKED="$OUT_DIR/questions-science.json"
        py -m emobench_data science-questions "$QUESTIONS" "$ASKED"
    fi
}

choose_chunks() {
    local gpus=0 count
    [[ "$DEVICE" == cpu ]] || { gpus="$(py -m emollm_plugin.cli device)" && gpus="${gpus%% *}"; }
    [[ "$DEVICE" != auto ]] || { [[ "$gpus" == 0 ]] && DEVICE=cpu || DEVICE=cuda; }
    [[ "$DEVICE" == cpu || "$gpus" != 0 ]] || die "DEVICE=cuda, and no CUDA GPU was found"
    if [[ "$DEVICE" == cuda ]]; then
        CHUNKS="${CHUNKS:-$gpus}" GPUS="$gpus"
    else
        CHUNKS="${CHUNKS:-1}"
        export CUDA_VISIBLE_DEVICES="" OMP_NUM_THREADS="${OMP_NUM_THREADS:-$((($(nproc) + CHUNKS - 1) / CHUNKS))}"
    fi
    # LLaVA's scripts cut chunks of equal size; where fewer than CHUNKS come out, the last ones end with an error.
    count="$(py -c 'import sys; from pathlib import Path; from emobench_data.schema.questions import read_questions
print(len(read_questions(Path(sys.argv[1]))))' "$QUESTIONS" 2>/dev/null)" || count=0
    ((count)) || die "QUESTIONS=$QUESTIONS cannot be read; see: python -m emobench_data science-questions $QUESTIONS OUT"
    local size=$(((count + CHUNKS - 1) / CHUNKS))
    CHUNKS=$(((count + size - 1) / size))
}

# The GPU of chunk $1: one of those that CUDA_VISIBLE_DEVICES leaves, in turn.
gpu_of() {
    local mask place=$(($1 % GPUS))
    IFS=', ' read -ra mask <<<"${CUDA_VISIBLE_DEVICES:-}"
    printf '%s\n' "${mask[place]:-$place}"
}

# Template and base model as `emollm inspect` reads them off the folder.
know_checkpoint() {
    local report
    report="$(py -m emollm_plugin.cli inspect "$CHECKPOINT" --json)" || exit $?
    TEMPLATE="${TEMPLATE:-$(field template <<<"$report")}" BASE_MODEL="${BASE_MODEL:-$(field base <<<"$report")}"
    [[ -n "$TEMPLATE" ]] || die "$CHECKPOINT notes no template; name it with TEMPLATE (emollm template BASE_MODEL prints it)"
    FOLDER="$(field newest_checkpoint <<<"$report")"
    FOLDER="${FOLDER:-$CHECKPOINT}"
}

field() { py -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]) or "")' "$1"; }

# Sets EVAL, the command for chunk $1, and ANSWERS, the file that it writes.
chunk_command() {
    ANSWERS="$OUT_DIR/chunk-$1-of-$CHUNKS.jsonl"
    local common=(--question-file "$ASKED" --image-folder "$IMAGE_FOLDER" --answers-file "$ANSWERS"
        --conv-mode "$TEMPLATE" --num-chunks "$CHUNKS" --chunk-idx "$1")
    [[ -z "$BASE_MODEL" ]] || common+=(--model-base "$BASE_MODEL")
    if [[ "$EVALUATOR" == emollm ]]; then
        EVAL=("$VENV/bin/python" -m emollm_plugin.cli eval "$FOLDER" "${common[@]}"
            --max-new-tokens "$MAX_NEW_TOKENS" ${BATCH:+--batch-size "$BATCH"} ${DTYPE:+--dtype "$DTYPE"})
        [[ "$LIKELIHOOD" == 0 ]] || EVAL+=(--likelihood)
        return
    fi
    EVAL=("$VENV/bin/python" -m emollm_plugin "llava.eval.$EVALUATOR" --model-path "$FOLDER" "${common[@]}" --temperature 0)
    [[ "$EVALUATOR" != model_vqa_loader ]] || EVAL+=(--max_new_tokens "$MAX_NEW_TOKENS")
}

evaluate() {
    local index pids=() parts=() failed=""
    say "evaluating $FOLDER with $EVALUATOR on $DEVICE, $CHUNKS process(es); logs: $OUT_DIR"
    export TRANSFORMERS_VERBOSITY=error TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
    trap 'kill "${pids[@]}" 2>/dev/null; exit 130' INT TERM
    for ((index = 0; index < CHUNKS; index++)); do
        chunk_command "$index"
        parts+=("$ANSWERS")
        (
            [[ "$DEVICE" == cpu ]] || export CUDA_VISIBLE_DEVICES="$(gpu_of "$index")"
            # One process shows its progress, several would write over one another.
            ((CHUNKS == 1)) && exec "${EVAL[@]}" > >(tee "$OUT_DIR/chunk-$index.log") 2>&1
            exec "${EVAL[@]}" >"$OUT_DIR/chunk-$index.log" 2>&1
        ) &
        pids+=($!)
    done
    for index in "${!pids[@]}"; do
        wait "${pids[$index]}" || failed="$index"
    done
    trap - INT TERM
    if [[ -n "$failed" ]]; then
        grep -a '^error: ' "$OUT_DIR/chunk-$failed.log" | tail -n 1 >&2 || printf 'error: see %s\n' "$OUT_DIR/chunk-$failed.log" >&2
        exit 2
    fi
    py -m emobench_data merge "${parts[@]}" --questions "$QUESTIONS" --out "$OUT_DIR/answers.jsonl"
}

# The same checkpoint on the plain questions and on those behind each stimulus; the plain ones are compared with.
evaluate_stimuli() {
    local names name runs=() top="$OUT_DIR"
    names="$(py -m emobench_data stimuli --questions "$QUESTIONS" --stimuli "$STIMULI" --out "$top")" || exit $?
    for name in $names; do
        QUESTIONS="$top/$name/questions.jsonl" OUT_DIR="$top/$name"
        prepare_questions
        evaluate
        (score)
        runs+=("$OUT_DIR")
    done
    [[ -z "$GOLD" ]] || py -m emollm_plugin.cli report "${runs[@]}" --out "$top/report"
}

score() {
    RESULT="$OUT_DIR/answers.jsonl"
    [[ -n "$GOLD" ]] || { say "no GOLD: answered, not scored" && printf '%s\n' "$RESULT" && return; }
    RESULT="$OUT_DIR/results.json"
    py -m emollm_plugin.cli results "$OUT_DIR" --questions "$QUESTIONS" --gold "$GOLD" \
        ${IMAGE_FOLDER:+--media-root "$IMAGE_FOLDER"} --set checkpoint="$FOLDER" \
        --set evaluator="$EVALUATOR" --set likelihood="$LIKELIHOOD" --set base="$(basename "$BASE_MODEL")" \
        --set template="$TEMPLATE" --set device="$DEVICE" --set stack="$STACK" --set max_new_tokens="$MAX_NEW_TOKENS"
}

main "$@"
