"""What projector and prompt give under one recipe, by `benchmarks/protocol.md`. See `python -m benchmarks.proof -h`."""
