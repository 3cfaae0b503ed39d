"""Tiny random language models of every family, with the layouts that their real ones have."""

SIZE = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
GROUPED = {**SIZE, "num_key_value_heads": 2, "max_position_embeddings": 512}
GEMMA = {**GROUPED, "head_dim": 8, "query_pre_attn_scalar": 8, "sliding_window": 16}
# model type -> settings of its config; Gemma and the small Qwen tie their embeddings.
FAMILIES = {
    "llama": GROUPED,
    "mistral": {**GROUPED, "sliding_window": None},
    "qwen2": {**GROUPED, "tie_word_embeddings": True},
    "qwen3": {**GROUPED, "head_dim": 8},
    # Caps small enough that tiny logits feel them.
    "gemma2": {**GEMMA, "final_logit_softcapping": 0.5, "attn_logit_softcapping": 1.0},
    "gemma3_text": GEMMA,
    "phi3": GROUPED,
    "olmo2": GROUPED,
    "mpt": {"d_model": 32, "n_heads": 4, "n_layers": 2, "max_seq_len": 512},
}


def make_decoder(folder, family, vocabulary):
    """Save a random model of a family, whose end of answer is token 2."""
    import torch
    from transformers import AutoModelForCausalLM
    from transformers.models.auto import CONFIG_MAPPING

    torch.manual_seed(0)
    config = CONFIG_MAPPING[family](vocab_size=vocabulary, bos_token_id=1, eos_token_id=2, pad_token_id=2, **FAMILIES[family])
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)


def families_here():
    """The families that the installed transformers has."""
    from transformers.models.auto import CONFIG_MAPPING

    return [family for family in FAMILIES if family in CONFIG_MAPPING]
