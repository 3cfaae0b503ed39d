"""Word alignment: the projector is trained alone for a moment, before the language model sees a picture (our own)."""
