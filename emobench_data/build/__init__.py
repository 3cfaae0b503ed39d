"""From data sets to a benchmark: composed, split, drawn, free of leaks, written."""
