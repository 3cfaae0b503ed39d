"""A trained checkpoint as a Hugging Face model. Importing this loads neither torch nor transformers."""

__all__ = ["register"]


def register() -> None:
    """Let transformers' Auto classes know ours, so that an exported folder loads without `trust_remote_code`.

    Safe to call again. Needs transformers 5.
    """
    from .auto import register_processors  # the models are registered as it is imported

    register_processors()
