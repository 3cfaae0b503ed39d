# What a launcher runs on: devices, their number format, and machines. Source it, do not run it.

choose_device() {
    local found gpus=0 fast=""
    # One start of Python, and none where all is said.
    if [[ "$DEVICE" != cpu || -z "${PRECISION:-}" ]]; then
        found="$(py -m emollm_plugin.cli device)" || exit $?
        read -r gpus fast <<<"$found"
    fi
    if [[ "$DEVICE" == auto ]]; then
        [[ "$gpus" != 0 || -n "${BASE_MODEL:-}" ]] && DEVICE=cuda || DEVICE=cpu
    fi
    if [[ "$DEVICE" == cuda ]]; then
        [[ "$gpus" != 0 ]] || die "this is a GPU recipe and no CUDA GPU was found; DEVICE=cpu trains on the CPU, slowly"
        RANKS="${GPUS:-$gpus}" PRECISION="${PRECISION:-bf16}"
    else
        RANKS="${GPUS:-1}" PRECISION="${PRECISION:-$fast}"
        export DS_ACCELERATOR=cpu CUDA_VISIBLE_DEVICES="" OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" MALLOC_ARENA_MAX=2
    fi
}

# Sets WORLD, the ranks of all machines, and LAUNCH, how DeepSpeed starts them.
choose_machines() {
    local names=""
    if [[ -n "$HOSTFILE" ]]; then
        WORLD="$(awk '!/^[ \t]*(#|$)/ { sub(/.*slots=/, ""); total += $1 } END { print total + 0 }' "$HOSTFILE")"
        ((WORLD > 0)) || die "HOSTFILE=$HOSTFILE lists no machine; write a line such as: worker-1 slots=8"
        LAUNCH=(--hostfile "$(realpath "$HOSTFILE")")
        [[ -z "$MASTER_ADDR" ]] || LAUNCH+=(--master_addr "$MASTER_ADDR")
    elif ((NODES > 1)); then
        WORLD=$((RANKS * NODES))
        names="$(seq -f "machine-%g slots=$RANKS" "$NODES")"
        LAUNCH=(--hostfile "$RUN_DIR/machines.txt" --no_ssh --node_rank "$NODE_RANK" --master_addr "$MASTER_ADDR")
    else
        WORLD="$RANKS" LAUNCH=(--num_gpus "$RANKS")
    fi
    ((GLOBAL_BATCH % (BATCH * WORLD) == 0)) ||
        die "GLOBAL_BATCH=$GLOBAL_BATCH is not a multiple of BATCH x ranks on all machines = $BATCH x $WORLD"
    [[ -z "$names" ]] || printf '%s\n' "$names" >"$RUN_DIR/machines.txt"
}
