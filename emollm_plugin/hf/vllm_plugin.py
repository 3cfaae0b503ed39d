"""What vLLM calls in each of its processes, by its entry point: exported models then need no `--trust-remote-code`."""

ARCHITECTURE = "EmoLlavaForConditionalGeneration"
# vLLM's own, for models that transformers runs.
BACKEND = "vllm.model_executor.models.transformers:TransformersMultiModalForCausalLM"


def register() -> None:
    """Let transformers and vLLM know our classes; safe to call again."""
    from vllm import ModelRegistry

    from . import register as register_with_transformers

    register_with_transformers()
    if ARCHITECTURE not in ModelRegistry.get_supported_archs():
        ModelRegistry.register_model(ARCHITECTURE, BACKEND)
