# EmoLLM for LLaVA on a CPU, from a clone:
#
#   docker build --file docker/cpu.Dockerfile --tag emollm .
#   docker run --rm --volume "$PWD/runs:/emollm/runs" emollm bash scripts/finetune_emollm.sh
#   docker run --rm --volume "$PWD/runs:/emollm/runs" emollm emollm ask runs/mini-seed0/llava-emollm-lora photo.jpg
#
# --build-arg PIP_EXTRA_INDEX_URL=<the index of PyTorch's builds for CPUs> saves some GB: else its build for CUDA comes.
FROM python:3.11-slim-bookworm

# DeepSpeed builds its optimizer for CPUs where ZeRO offloads.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*

WORKDIR /emollm
COPY . .
ARG PIP_EXTRA_INDEX_URL
ARG STACK=current
ENV STACK=${STACK} VENV=/opt/emollm PIP_NO_CACHE_DIR=1 PATH=/opt/emollm/bin:${PATH}
RUN bash scripts/setup.sh
CMD ["emollm", "doctor"]
