"""An unpickler for plain data: containers, numbers, strings and numpy arrays, which come back as nested lists.

Our design: nothing that a pickle names is looked up; a short list of names has stand-ins here. Numpy's own unpickling
is not among them, for it trusts its input, and a damaged file can crash it.
"""

from __future__ import annotations

import os
import pickle
import pickletools
import re
from collections import OrderedDict
from typing import Any, BinaryIO

_SIMPLE = re.compile(r"[<>|=]?[?a-zA-Z]\d{0,4}")


class _Type:
    """Stands in for `numpy.dtype`: a name such as `i8`, then the byte order in its state."""

    def __init__(self, name: Any, *_: Any) -> None:
        import numpy

        if not isinstance(name, str) or not _SIMPLE.fullmatch(name) or numpy.dtype(name).kind not in "biufSUO":
            raise pickle.UnpicklingError("it holds an array of something else than numbers, strings and plain objects")
        self.dtype = numpy.dtype(name)

    def __setstate__(self, state: Any) -> None:
        if state[1] in ("<", ">"):
            self.dtype = self.dtype.newbyteorder(state[1])


class _Array(list):
    """Stands in for `numpy.ndarray`; its state is (version, shape, type, whether column-major, bytes or objects)."""

    def __setstate__(self, state: Any) -> None:
        import numpy

        _, shape, kind, by_columns, content = state
        if kind.dtype.kind == "O":
            flat = numpy.empty(len(content), dtype=object)
            flat[:] = content
        else:
            flat = numpy.frombuffer(_as_bytes(content), dtype=kind.dtype)
        self[:] = flat.reshape(shape, order="F" if by_columns else "C").tolist() if flat.size else []


def _reconstruct(*_: Any) -> _Array:
    return _Array()


def _scalar(kind: _Type, content: Any) -> Any:
    import numpy

    return numpy.frombuffer(_as_bytes(content), dtype=kind.dtype, count=1)[0].item()


def _as_bytes(content: Any = b"", encoding: str = "latin1") -> bytes:
    """Bytes as Python 3 wrote them for Python 2, or as Python 2 wrote them itself."""
    if encoding not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError("it holds bytes in an unexpected encoding")
    return content.encode("latin-1") if isinstance(content, str) else content


_ADMITTED: dict[tuple[str, str], Any] = {
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("__builtin__", "set"): set,
    ("__builtin__", "frozenset"): frozenset,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _as_bytes,
    ("__builtin__", "bytes"): _as_bytes,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Type,
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy._core.multiarray", "scalar"): _scalar,
}


_NUMBERED = {"PUT", "BINPUT", "LONG_BINPUT"}


class _PlainUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ADMITTED:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which plain data never does")
        return _ADMITTED[module, name]


def load(file: BinaryIO) -> Any:
    """Read one pickle; strings that Python 2 wrote are read as latin-1. Foreign bytes can make it raise anything."""
    begin = file.tell()
    size = os.fstat(file.fileno()).st_size
    # Python makes room for as many values as the highest number says, 17 GB for six damaged bytes.
    for opcode, argument, _ in pickletools.genops(file):
        if opcode.name in _NUMBERED and int(argument or 0) > size:
            raise pickle.UnpicklingError("it numbers more values than it has bytes")
    file.seek(begin)
    return _PlainUnpickler(file, encoding="latin1").load()
