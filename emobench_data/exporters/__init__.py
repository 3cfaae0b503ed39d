"""The benchmark as other tools read it; LLaVA's own files are written by `emobench_data.export`."""
