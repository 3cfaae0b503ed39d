"""Print variables of a MATLAB file as JSON: `python -m emobench_data.sources._mat FILE NAME...`.

A program of its own, because scipy's reader is native code that a damaged file can crash.
"""

from __future__ import annotations

import sys
from typing import Any

import orjson


def plain(value: Any) -> Any:
    """Cells, structs and matrices as flat lists (a struct's fields in their order), strings and numbers as they are."""
    if isinstance(value, str):
        return value
    if getattr(value, "shape", ()):
        return [plain(one) for one in value.flat]
    if getattr(getattr(value, "dtype", None), "names", None):
        return [plain(value[name]) for name in value.dtype.names]
    return value.item() if hasattr(value, "item") else None


def main(path: str, *names: str) -> None:
    from scipy.io import loadmat

    found = loadmat(path, variable_names=names)
    value = {name: plain(found[name]) for name in names if name in found}
    sys.stdout.buffer.write(orjson.dumps(value))


if __name__ == "__main__":
    main(*sys.argv[1:])
