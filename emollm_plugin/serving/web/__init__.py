"""What `emollm serve` opens: a page, and what OpenAI's clients ask. Nothing that comes over the network is trusted."""
