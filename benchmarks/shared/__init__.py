"""What the comparisons share: rows of results, the language model, kept features, the training loop, the machine."""
