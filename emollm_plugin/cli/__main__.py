"""`python -m emollm_plugin.cli`."""

from . import main

if __name__ == "__main__":
    main()
