"""Training around the host's `train()`: checked before, right in its loss, saved whole, resumed."""
