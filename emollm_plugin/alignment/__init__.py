"""Word alignment: a short training of the projector alone, before the language model sees a picture (our own addition)."""
