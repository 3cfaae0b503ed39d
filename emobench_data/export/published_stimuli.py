"""The stimuli of EmotionPrompt and NegativePrompt from the user's own clone, whose files are read and never run.

- EmotionPrompt: `promptbench/prompts/method_oriented.py` of microsoft/promptbench, the list `prompts` under the key
  `emotion_prompt` of a dictionary;
- NegativePrompt: `config.py` of wangxu0820/NegativePrompt, the list `Negative_SET`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from ..io.errors import InputError

# Name of the list -> how its stimuli are called.
_LISTS = {"negative_set": "negative", "emotion_set": "emotion"}
_KEY, _PROMPTS, _CALLED = "emotion_prompt", "prompts", "emotion"


def read_published(path: Path) -> dict[str, str]:
    """Id -> text, such as `negative-1`, numbered from 1 as in the publications.

    Raises:
        InputError: the file is no Python file that can be read, or holds neither list.
    """
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise InputError(f"{path}: not a Python file ({error}); give the clone's own, or lines of an id and a text") from error
    found = {f"{name}-{number}": text for name, texts in _found(tree) for number, text in enumerate(texts, 1)}
    if not found:
        raise InputError(
            f"{path}: holds no list Negative_SET or EMOTION_SET and no {_KEY!r} with {_PROMPTS!r}; give NegativePrompt's "
            "config.py or promptbench's method_oriented.py"
        )
    return found


def _found(tree: ast.AST) -> Iterator[tuple[str, list[str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = _LISTS.get(node.targets[0].id.casefold())
            if name and (texts := _texts(node.value)):
                yield name, texts
        if isinstance(node, ast.Dict):
            of_method = _value(node, _KEY)
            prompts = _value(of_method, _PROMPTS) if isinstance(of_method, ast.Dict) else None
            if prompts is not None and (texts := _texts(prompts)):
                yield _CALLED, texts


def _value(node: ast.Dict, key: str) -> ast.expr | None:
    pairs = ((own.value, value) for own, value in zip(node.keys, node.values) if isinstance(own, ast.Constant))
    return next((value for name, value in pairs if name == key), None)


def _texts(node: ast.expr) -> list[str]:
    """The texts of a list of them; empty where it is anything else."""
    parts = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return [" ".join(text.split()) for text in texts] if len(texts) == len(parts) and all(map(str.strip, texts)) else []
