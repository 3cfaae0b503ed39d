"""Rationales to train with: one or two short sentences from evidence to a conclusion (our reading of EmoPrompt)."""
