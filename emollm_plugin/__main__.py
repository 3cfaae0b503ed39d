"""`python -m emollm_plugin <host module> <its arguments>`: run any LLaVA module with the plug-in attached."""

from __future__ import annotations

import sys

from .host.launch import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
