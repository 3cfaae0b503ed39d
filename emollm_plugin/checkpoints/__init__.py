"""Model folders: what they are, read strictly, noted, merged, moved."""
