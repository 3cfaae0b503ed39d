# EmoLLM for LLaVA on GPUs, from a clone. The host needs NVIDIA's driver and its container toolkit.
#
#   docker build --file docker/cuda.Dockerfile --tag emollm:cuda .
#   docker run --rm --gpus all --ipc host --volume "$PWD/runs:/emollm/runs" emollm:cuda bash scripts/finetune_emollm.sh
#
# PyTorch brings CUDA's libraries; the compiler of the base image is for what DeepSpeed builds where ZeRO offloads.
FROM nvidia/cuda:13.0.2-devel-ubuntu24.04

# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends g++ python3-dev python3-venv && rm -rf /var/lib/apt/lists/*

WORKDIR /emollm
COPY . .
ARG STACK=current
ENV STACK=${STACK} VENV=/opt/emollm PIP_NO_CACHE_DIR=1 PATH=/opt/emollm/bin:${PATH}
RUN bash scripts/setup.sh
CMD ["emollm", "doctor"]
