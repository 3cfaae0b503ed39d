#!/usr/bin/env bash
# Fine-tune an EmoLLM with DeepSpeed on LLaVA, evaluate it with LLaVA's own script and print the score table.
#
#   [VARIABLE=value ...] bash scripts/finetune_emollm.sh [--help | --dry-run]
#
# With nothing set it trains SmolLM2-135M with EfficientNet-Lite0 on the rendered EmoBench-mini, on a CPU if there is
# no GPU. The last line printed is the path of results.json.
#
# Data
#   DATASET        mini, or a data set of `python -m emobench_data sources`      default: mini
#   DATA_ROOT      folder of the user's copy of that data set (not for mini)
#   MINI_TRAIN, MINI_TEST   records of EmoBench-mini                             default: 480, 144
#   RATIONALE      none, only or mixed: train answers, or reasons before them (a DATASET's)     default: none
#   FORM           direct, or guided: ask for the answer, or for reasons and a closing line     default: direct
#   DATA_PATH, IMAGE_FOLDER, QUESTIONS, GOLD   LLaVA's own files instead of a DATASET
#   VIDEOS         storyboards (a picture of four frames for a clip), or clips: frames by PROJECTOR's frames= (8), and the
#                  evaluation by `emollm eval`, for LLaVA's own script reads no clips      default: storyboards
#   FRAME_CACHE    folder that keeps the frames of clips for later epochs (4 GB)
# Model
#   BASE_MODEL     folder or hub name of a language model (LLaMA, Mistral, Qwen, Gemma, Phi-3, OLMo, MPT)
#                                                                                default: SmolLM2-135M-Instruct
#   VISION_TOWER   efficientnet_lite0, or CLIP, SigLIP, DINOv2 by folder or hub name   default: efficientnet_lite0
#   SELECT_LAYER   encoder layer the host reads    default: -3 (fer2013: the last with the grid of a sixteenth of the side,
#                  -7 of efficientnet_lite0), -2 for a transformer; with BASE_MODEL -3 for fer2013 too
#   PROJECTOR      --mm_projector_type    default: multiperspective (mini, oasis, fer2013: with tokens=4, for the time)
#   PRETRAIN_PROJECTOR   an mm_projector.bin to start from
#   ALIGN          steps of word alignment, which trains the projector before the LLM sees a picture, 0 for none
#                              default: 300 (oasis: 150); 0 with DATA_PATH, PRETRAIN_PROJECTOR or several machines
#   BESIDE         share that aligned tokens keep of what lies beside the labels' words, 0 to 1
#                              default: 1, all of it; 0.2 with lora and qlora without BASE_MODEL, but not for mini
#   TEMPLATE       --version and --conv-mode                default: follows the model's own chat template
# Training
#   TUNE           full, projector, or lora and qlora (LLM by LoRA, the base in 4 bits with qlora; projector in full)
#                                                                                default: lora (oasis: projector)
#   EPOCHS         passes over the data                                          default: 1
#   LEARNING_RATE, PROJECTOR_LR   of LLM or adapter, and projector   default: by TUNE; LLaVA 1.5's with BASE_MODEL
#   MAX_STEPS, GLOBAL_BATCH, BATCH, MAX_LENGTH, SEED
#   SAVE_STEPS     steps between checkpoints, 0 for none. After a kill the same command goes on from the last complete
#                  one. A checkpoint holds what is trained, 14 bytes a parameter      default: 50, 0 with TUNE=full
#   CHECKPOINTING  1 recomputes activations in the backward pass: less memory, more time             default: 0
#   ZERO           0, 2, 3, 3_offload (weights and optimizer in CPU memory), none (no DeepSpeed), or a file  default: 2
#   PRECISION      bf16 or fp32        default: bf16; on a CPU without bfloat16 kernels (AVX-512), fp32
#   DEVICE         cpu, cuda or auto                   default: auto; with BASE_MODEL a GPU is asked for
#   GPUS           number of GPUs; on a CPU, of processes                        default: all; on a CPU, 1
# Several machines, with code, model and data under the same paths on each
#   HOSTFILE       DeepSpeed's own list, a line `host slots=GPUS` each; started on the first, which reaches all by ssh
#   NODES, NODE_RANK, MASTER_ADDR, MASTER_PORT   without ssh: the same command on each of NODES machines with its own
#                  NODE_RANK from 0; MASTER_ADDR is the first machine's           MASTER_PORT default: 29500
# Places
#   RUN_DIR        checkpoint, answers, log and results                          default: runs/<dataset>-seed<seed>
#   VENV, MODELS, DATA_DIR, DOWNLOADS, PYTHON
#   STACK          current (transformers 5) or classic (4.37.2), each with its own VENV         default: current
source "$(dirname "$0")/lib.sh"
source "$ROOT/scripts/devices.sh"
source "$ROOT/scripts/prepare.sh"

main() {
    DRY_RUN=0
    case "${1:-}" in
        --help | -h) usage "$0" && exit ;;
        --dry-run) DRY_RUN=1 ;;
        "") ;;
        *) die "unknown argument $1; see --help" ;;
    esac
    defaults
    check_arguments
    # Bad input found later leaves no empty folder, where this run alone has made it.
    [[ -d "$RUN_DIR" || "$NODES" != 1 ]] || trap 'rmdir "$RUN_DIR" 2>/dev/null || true' EXIT
    make_folder RUN_DIR
    setup_env
    choose_device
    choose_machines
    prepare_base
    prepare_data
    if ((DRY_RUN)); then
        train_command && eval_command
        printf '%q ' "${TRAIN[@]}" && printf '\n' && printf '%q ' "${EVAL[@]}" && printf '\n'
        exit
    fi
    train
    [[ "$NODE_RANK" == 0 ]] || { say "machine $NODE_RANK is done; machine 0 has the checkpoint" && exit; }
    [[ -n "$QUESTIONS" ]] || { say "no QUESTIONS: trained, not evaluated; checkpoint: $CHECKPOINT" && exit; }
    evaluate
    score
}

defaults() {
    DATASET="${DATASET:-mini}" SEED="${SEED:-0}" DEVICE="${DEVICE:-auto}"
    MINI_TRAIN="${MINI_TRAIN:-480}" MINI_TEST="${MINI_TEST:-144}"
    DATA_DIR="${DATA_DIR:-$ROOT/data}" DATA_PATH="${DATA_PATH:-}" IMAGE_FOLDER="${IMAGE_FOLDER:-}"
    QUESTIONS="${QUESTIONS:-}" GOLD="${GOLD:-}" RATIONALE="${RATIONALE:-none}" FORM="${FORM:-direct}"
    VIDEOS="${VIDEOS:-storyboards}"
    HOSTFILE="${HOSTFILE:-}" NODES="${NODES:-1}" MASTER_ADDR="${MASTER_ADDR:-}" MASTER_PORT="${MASTER_PORT:-}"
    [[ "$NODES" == 1 ]] && NODE_RANK=0 || NODE_RANK="${NODE_RANK:-}"
    OWN_DATA="$DATA_PATH"  # what the user gave, before prepare_data names the files that it makes
    VISION_TOWER="${VISION_TOWER:-efficientnet_lite0}"
    local projector=multiperspective layer=-2
    [[ "$VISION_TOWER" != efficientnet* ]] || layer=-3
    if [[ -z "$DATA_PATH${BASE_MODEL:-}" ]]; then
        # These are there to be through in minutes on two cores.
        [[ ! "$DATASET" =~ ^(mini|oasis|fer2013)$ ]] || projector+=:tokens=4
        # A face is read on a finer grid (benchmarks/QUALITY.md); it ends one block earlier in the larger variants.
        case "$DATASET:$VISION_TOWER" in
            fer2013:efficientnet_lite0) layer=-7 ;;
            fer2013:efficientnet*) layer=-8 ;;
        esac
    fi
    PROJECTOR="${PROJECTOR:-$projector}" SELECT_LAYER="${SELECT_LAYER:-$layer}"
    # What is not asked for is left out where the data have no labels.
    [[ -n "${ALIGN:-}" ]] && ALIGN_OPTION=() || ALIGN_OPTION=(--optional)
    local align=300
    # OASIS is small: the projector alone learns enough, in few steps (benchmarks/QUALITY.md).
    [[ "$DATASET" != oasis ]] || align=150 TUNE="${TUNE:-projector}"
    [[ -z "$DATA_PATH${PRETRAIN_PROJECTOR:-}$HOSTFILE" && "$NODES" == 1 ]] || align=0
    ALIGN="${ALIGN:-$align}" TUNE="${TUNE:-lora}" EPOCHS="${EPOCHS:-1}"
    BESIDE="${BESIDE:-$(reads_aligned && echo 0.2 || echo 1)}" LEARNING_RATE="${LEARNING_RATE:-}" PROJECTOR_LR="${PROJECTOR_LR:-}"
    MAX_STEPS="${MAX_STEPS:--1}" BATCH="${BATCH:-8}" GLOBAL_BATCH="${GLOBAL_BATCH:-8}" MAX_LENGTH="${MAX_LENGTH:-2048}"
    SAVE_STEPS="${SAVE_STEPS:-$([[ "$TUNE" == full ]] && echo 0 || echo 50)}" RUN_DIR="${RUN_DIR:-}"
    CHECKPOINTING="${CHECKPOINTING:-0}" ZERO="${ZERO:-2}"
    [[ ! -f "$ROOT/scripts/zero$ZERO.json" ]] || ZERO="$ROOT/scripts/zero$ZERO.json"
    if [[ -z "$RUN_DIR" ]]; then
        [[ -z "$DATA_PATH" ]] && RUN_DIR="$ROOT/runs/$DATASET-seed$SEED" || RUN_DIR="$ROOT/runs/custom-seed$SEED"
        [[ "$STACK" == current ]] || RUN_DIR+="-$STACK"
    fi
}

# Whether an adapter is to read aligned pictures of real data (benchmarks/QUALITY.md).
reads_aligned() {
    [[ "$TUNE" =~ ^q?lora$ && -z "${BASE_MODEL:-}" && "$ALIGN" != 0 && "$DATASET$OWN_DATA" != mini ]]
}

# By what is trained, and from where: with a base of one's own, LLaVA 1.5's; the small default base takes higher ones in its
# short runs. Called when it is known whether there was anything to align.
choose_rates() {
    local rates=(5e-4 1e-3)
    case "$TUNE:${BASE_MODEL:+own}" in
        projector:*) rates=(1e-3 1e-3) ;;
        # A projector from nothing takes the rate at which LLaVA pretrains one.
        *:own)
            [[ "$TUNE" == full ]] && rates=(2e-5 2e-5) || rates=(2e-4 2e-5)
            [[ "$ALIGN" != 0 || -n "${PRETRAIN_PROJECTOR:-}" ]] || rates[1]=1e-3
            ;;
        full:) rates=(1e-4 2e-4) ;;
        *) ! reads_aligned || rates=(2e-3 2e-5) ;;
    esac
    LEARNING_RATE="${LEARNING_RATE:-${rates[0]}}" PROJECTOR_LR="${PROJECTOR_LR:-${rates[1]}}"
}

check_arguments() {
    [[ "$VIDEOS" =~ ^(storyboards|clips)$ ]] || die "VIDEOS=$VIDEOS is unknown; known: storyboards, clips"
    [[ "$TUNE" =~ ^(full|lora|qlora|projector)$ ]] || die "TUNE=$TUNE is unknown; known: full, lora, qlora, projector"
    [[ "$ALIGN" == 0 || -z "${PRETRAIN_PROJECTOR:-}" ]] || die "ALIGN=$ALIGN makes what PRETRAIN_PROJECTOR names; give one"
    [[ "$CHECKPOINTING" =~ ^[01]$ ]] || die "CHECKPOINTING=$CHECKPOINTING is unknown; known: 0, 1"
    [[ "$RATIONALE" =~ ^(none|only|mixed)$ ]] || die "RATIONALE=$RATIONALE is unknown; known: none, only, mixed"
    [[ "$FORM" =~ ^(direct|guided)$ ]] || die "FORM=$FORM is unknown; known: direct, guided"
    [[ "${PRECISION:-bf16}" =~ ^(bf16|fp32)$ ]] || die "PRECISION=$PRECISION is unknown; known: bf16, fp32"
    [[ "$DEVICE" =~ ^(auto|cpu|cuda)$ ]] || die "DEVICE=$DEVICE is unknown; known: auto, cpu, cuda"
    must_be '[1-9][0-9]{0,8}' "a whole number from 1" BATCH GLOBAL_BATCH MAX_LENGTH GPUS
    must_be '0|[1-9][0-9]{0,8}' "a whole number from 0" SEED SAVE_STEPS MINI_TRAIN MINI_TEST ALIGN
    must_be '-1|[1-9][0-9]{0,8}' "a whole number from 1, or -1 for no limit" MAX_STEPS
    must_be '-?[0-9]{1,4}' "the number of an encoder layer" SELECT_LAYER
    must_be '0|1|0?\.[0-9]+' "a number from 0 to 1" BESIDE
    must_be '[0-9]*\.?[0-9]+(e-?[0-9]+)?' "a number" EPOCHS LEARNING_RATE PROJECTOR_LR
    [[ "$EPOCHS" =~ [1-9] ]] || die "EPOCHS=$EPOCHS trains nothing; give more than 0"
    if [[ -n "$DATA_PATH" ]]; then
        [[ -f "$DATA_PATH" ]] || die "DATA_PATH=$DATA_PATH does not exist, or is no file"
        [[ -z "$IMAGE_FOLDER" || -d "$IMAGE_FOLDER" ]] || die "IMAGE_FOLDER=$IMAGE_FOLDER is no folder"
        [[ -z "$QUESTIONS" || -f "$QUESTIONS" ]] || die "QUESTIONS=$QUESTIONS is no file"
        [[ "$RATIONALE-$FORM" == none-direct ]] || die "RATIONALE and FORM are for a DATASET; DATA_PATH is taken as it is"
        [[ -z "$QUESTIONS" || -f "$GOLD" ]] || die "QUESTIONS is set, GOLD=$GOLD is not a file; both are needed to score"
    elif [[ "$DATASET" != mini ]]; then
        [[ -d "${DATA_ROOT:-}" ]] || die "DATASET=$DATASET needs DATA_ROOT, the folder of your copy (now: '${DATA_ROOT:-}')"
    fi
    [[ -z "$HOSTFILE" || -f "$HOSTFILE" ]] || die "HOSTFILE=$HOSTFILE does not exist"
    [[ "$ALIGN" == 0 || (-z "$HOSTFILE" && "$NODES" == 1) ]] ||
        die "ALIGN=$ALIGN is for one machine: run \`emollm align\` with --layer $SELECT_LAYER --beside $BESIDE on one," \
            "and name a PRETRAIN_PROJECTOR that all reach"
    [[ -z "$HOSTFILE" || "$NODES" == 1 ]] || die "HOSTFILE and NODES are two ways to say the same; give one"
    if [[ "$NODES" != 1 ]]; then
        [[ "$NODES" =~ ^[1-9][0-9]*$ && -n "$MASTER_ADDR" ]] || die "NODES=$NODES needs a number and MASTER_ADDR"
        [[ "$NODE_RANK" =~ ^[0-9]+$ ]] && ((NODE_RANK < NODES)) || die "NODE_RANK=$NODE_RANK is not in 0..$((NODES - 1))"
    fi
    [[ "$ZERO" == none || -f "$ZERO" ]] || die "ZERO=$ZERO is unknown; known: 0, 2, 3, 3_offload, none, or a DeepSpeed file"
}

py() { "$VENV/bin/python" "$@"; }

train_command() {
    CHECKPOINT="$RUN_DIR/llava-emollm-$TUNE"
    choose_rates
    local save=(--save_strategy no) tune=() warmup=--warmup_steps bf16=True
    # The share of warm-up steps: transformers 5 reads it from --warmup_steps, 4.37 has an argument of its own.
    [[ "$STACK" == current ]] || warmup=--warmup_ratio
    [[ "$SAVE_STEPS" == 0 ]] || save=(--save_strategy steps --save_steps "$SAVE_STEPS" --save_total_limit 2)
    case "$TUNE" in
        lora | qlora) tune=(--lora_enable True --lora_r 16 --lora_alpha 32 --mm_projector_lr "$PROJECTOR_LR") ;;
        projector) tune=(--tune_mm_mlp_adapter True) ;;
        full) tune=(--mm_projector_lr "$PROJECTOR_LR") ;;
    esac
    [[ "$TUNE" == projector ]] && LEARNING_RATE="$PROJECTOR_LR"
    [[ "$PRECISION" == bf16 ]] || bf16=False
    [[ "$TUNE" != qlora ]] || tune+=(--bits 4)
    [[ "$CHECKPOINTING" == 0 ]] || tune+=(--gradient_checkpointing True)
    [[ "$ZERO" == none ]] || tune+=(--deepspeed "$ZERO")
    [[ "$ALIGN" == 0 ]] || PRETRAIN_PROJECTOR="$RUN_DIR/aligned/mm_projector.bin"
    [[ -z "${PRETRAIN_PROJECTOR:-}" ]] || tune+=(--pretrain_mm_mlp_adapter "$PRETRAIN_PROJECTOR")
    [[ -z "${FRAME_CACHE:-}" ]] || tune+=(--frame_cache "$FRAME_CACHE")
    [[ "$DEVICE" == cuda ]] || tune+=(--use_cpu True)
    TRAIN=("$VENV/bin/deepspeed" "${LAUNCH[@]}" --log_level error
        --module emollm_plugin llava.train.train
        --model_name_or_path "$BASE" --version "$TEMPLATE" --data_path "$DATA_PATH" --image_folder "$IMAGE_FOLDER"
        --vision_tower "$VISION_TOWER" --mm_vision_select_layer "$SELECT_LAYER" --mm_projector_type "$PROJECTOR"
        --mm_use_im_start_end False --mm_use_im_patch_token False --image_aspect_ratio pad
        --bf16 "$bf16" --output_dir "$CHECKPOINT" --num_train_epochs "$EPOCHS" --max_steps "$MAX_STEPS"
        --per_device_train_batch_size "$BATCH" --gradient_accumulation_steps "$((GLOBAL_BATCH / BATCH / WORLD))"
        --learning_rate "$LEARNING_RATE" --weight_decay 0. "$warmup" 0.03 --lr_scheduler_type cosine
        --logging_steps 5 --disable_tqdm False --model_max_length "$MAX_LENGTH" --lazy_preprocess True --report_to none
        --dataloader_num_workers 1 --seed "$SEED" "${save[@]}" "${tune[@]}")
}

eval_command() {
    local base=()
    EVALUATOR=llava.eval.model_vqa_loader
    [[ "$TUNE" == full ]] || base=(--model-base "$BASE")
    # Reasons need room.
    local tokens=16
    ! grep -qs '"form": *"guided"' "$QUESTIONS" || tokens=192
    if [[ "$VIDEOS" == clips ]]; then
        EVALUATOR="emollm eval"
        EVAL=("$VENV/bin/python" -m emollm_plugin.cli eval "$CHECKPOINT" "${base[@]}" --question-file "$QUESTIONS"
            --image-folder "$IMAGE_FOLDER" --answers-file "$RUN_DIR/answers.jsonl" --conv-mode "$TEMPLATE")
        return
    fi
    EVAL=("$VENV/bin/python" -m emollm_plugin "$EVALUATOR"
        --model-path "$CHECKPOINT" "${base[@]}" --question-file "$QUESTIONS" --image-folder "$IMAGE_FOLDER"
        --answers-file "$RUN_DIR/answers.jsonl" --conv-mode "$TEMPLATE" --temperature 0 --max_new_tokens "$tokens")
}

# Everything that weights follow from, for the command given: what is re-used must have been made by the same.
fingerprint() {
    printf '%s\n' "$@"
    sha256sum "$DATA_PATH" ${PRETRAIN_PROJECTOR:+"$PRETRAIN_PROJECTOR"} && { [[ "$ZERO" == none ]] || sha256sum "$ZERO"; }
    (cd "$ROOT" && find emollm_plugin -name '*.py' -print0 | sort -z | xargs -0 sha256sum)
}

align() {
    [[ "$ALIGN" != 0 ]] || return 0
    local out="$RUN_DIR/aligned/mm_projector.bin" made="$RUN_DIR/aligned/made.txt" PRETRAIN_PROJECTOR=""
    local command=("$VENV/bin/emollm" align "${ALIGN_OPTION[@]}" --data "$DATA_PATH" --images "$IMAGE_FOLDER"
        --base "$BASE" --tower "$VISION_TOWER" --layer "$SELECT_LAYER" --projector "$PROJECTOR" --steps "$ALIGN"
        --beside "$BESIDE" --seed "$SEED" --out "$out")
    if [[ ! -f "$out" || ! -f "$made" ]] || ! fingerprint "${command[@]}" | cmp -s - "$made"; then
        say "word alignment: $ALIGN steps; log: $RUN_DIR/align.log"
        rm -rf "$RUN_DIR/aligned"
        run_logged "$RUN_DIR/align.log" "${command[@]}"
        [[ ! -f "$out" ]] || fingerprint "${command[@]}" >"$made"
    fi
    [[ -f "$out" ]] || ALIGN=0
}

train() {
    align
    train_command
    # One of several machines cannot know whether the others would train.
    if [[ "$NODES" == 1 && -f "$RUN_DIR/trained.txt" ]] && fingerprint "${TRAIN[@]}" | cmp -s - "$RUN_DIR/trained.txt"; then
        say "training: re-used, settings, data and code are those of $CHECKPOINT"
        return
    fi
    # A killed training takes a moment to be gone.
    if [[ -e "$CHECKPOINT/.lock" ]] && ! flock --wait 10 "$CHECKPOINT/.lock" true; then
        die "another training, perhaps left over from a killed launcher, writes to $CHECKPOINT; wait for it or end it"
    fi
    local log="$RUN_DIR/train.log" port="${MASTER_PORT:-29500}"
    # A port of its own, so that two runs on one machine do not meet.
    [[ -n "$MASTER_PORT" || "$NODES" != 1 ]] || port="$((20000 + RANDOM % 20000))"
    [[ "$NODE_RANK" == 0 ]] || log="$RUN_DIR/train-$NODE_RANK.log"
    say "training: $TUNE, seed $SEED, on $WORLD $DEVICE; log: $log"
    if [[ "$NODE_RANK" == 0 ]]; then
        # Checkpoints are gone on from only if everything is as it was when they were begun.
        if [[ "$SAVE_STEPS" == 0 || ! -f "$RUN_DIR/begun.txt" ]] ||
            ! fingerprint "${TRAIN[@]}" | cmp -s - "$RUN_DIR/begun.txt"; then
            rm -rf "$CHECKPOINT"
        fi
        rm -f "$RUN_DIR/trained.txt"
        fingerprint "${TRAIN[@]}" >"$RUN_DIR/begun.txt"
    fi
    run_logged "$log" "${TRAIN[0]}" --master_port "$port" "${TRAIN[@]:1}"
    [[ "$NODE_RANK" != 0 ]] || fingerprint "${TRAIN[@]}" >"$RUN_DIR/trained.txt"
}

evaluate() {
    eval_command
    say "evaluating with $EVALUATOR; log: $RUN_DIR/eval.log"
    rm -f "$RUN_DIR/answers.jsonl"
    run_logged "$RUN_DIR/eval.log" "${EVAL[@]}"
}

score() {
    py -m emollm_plugin.cli results "$RUN_DIR" --questions "$QUESTIONS" --gold "$GOLD" \
        ${IMAGE_FOLDER:+--media-root "$IMAGE_FOLDER"} \
        --set dataset="$DATASET" --set videos="$VIDEOS" --set stack="$STACK" --set seed="$SEED" --set tune="$TUNE" \
        --set base="$(basename "$BASE")" --set rationale="$RATIONALE" --set form="$FORM" \
        --set vision_tower="$VISION_TOWER" --set projector="$PROJECTOR" --set template="$TEMPLATE" \
        --set device="$DEVICE" --set precision="$PRECISION" --set epochs="$EPOCHS" --set max_steps="$MAX_STEPS" \
        --set global_batch="$GLOBAL_BATCH" --set learning_rate="$LEARNING_RATE" --set projector_lr="$PROJECTOR_LR" \
        --set align="$ALIGN" --set beside="$BESIDE"
}

# Show a command's output and keep it; its exit code is ours.
run_logged() {
    local log="$1" code=0
    shift
    export TRANSFORMERS_VERBOSITY=error TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1
    "$@" 2>&1 | tee "$log" || code=$?
    ((code == 0)) && return
    grep -a '^error: ' "$log" | tail -n 1 >&2 || printf 'error: %s failed with code %s; see %s\n' "$1" "$code" "$log" >&2
    exit "$code"
}

main "$@"
