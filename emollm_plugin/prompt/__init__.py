"""EmoPrompt: conversation templates, and token ids with label masks built turn by turn."""
