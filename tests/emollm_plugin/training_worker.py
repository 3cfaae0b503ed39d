"""What a training process of the tests does: the host's `train()` with the plug-in, and a note of what moved."""

import json
import os
import runpy
import sys
import traceback
from functools import wraps
from pathlib import Path

# No training may compile anything: there is no folder for it.
CPU = {
    "DS_ACCELERATOR": "cpu",
    "CUDA_VISIBLE_DEVICES": "",
    "OMP_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "TORCH_EXTENSIONS_DIR": "/dev/null/none",
}


def prepare(environment, log):
    """Write to `log` from here on, and take the environment on as `python` does when it starts, with what it can import."""
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.update(environment)
    sys.path[:0] = filter(None, environment.get("PYTHONPATH", "").split(os.pathsep))


def run(module, arguments, environment, log, notes):
    """Run `module` as `python -m emollm_plugin` would; output goes to `log`, what moved to `notes` (rank 0)."""
    prepare(environment, log)
    code = 1
    try:
        import torch

        from emollm_plugin.__main__ import main

        torch.set_num_threads(1)
        if notes:
            note_what_moves(Path(notes))
        code = main([module, *arguments])
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # no atexit work of libraries: the files are written


def run_program(words, environment, log):
    """Do in this process, whose imports are done, what `python WORDS` does (`-m MODULE ...` or `-c CODE`); output to `log`."""
    prepare(environment, log)
    code = 1
    try:
        from deepspeed.accelerator import real_accelerator

        real_accelerator.ds_accelerator = None  # as of the environment, not as the server chose
        sys.argv = words[1:]
        if words[0] == "-m":
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            exec(words[1], {"__name__": "__main__"})
        code = 0
    except SystemExit as error:
        code = error.code or 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def note_what_moves(notes):
    """Compare every parameter, gathered under ZeRO-3, before and after `LLaVATrainer.train`."""
    import torch

    import emollm_plugin

    emollm_plugin.register()
    from llava.train.llava_trainer import LLaVATrainer

    from emollm_plugin.training.saving import gather

    host = LLaVATrainer.train

    @wraps(host)
    def train(self, *args, **kwargs):
        before = {name: gather(value) for name, value in self.model.named_parameters()}
        file = notes.with_suffix(".pt")
        probe = torch.load(file) if file.is_file() else None
        host(self, *args, **kwargs)
        after = {name: gather(value) for name, value in self.model.named_parameters()}
        if self.args.process_index == 0:
            # Compared in the dtype afterwards: DeepSpeed's cast to bfloat16 is no training.
            moved = {name: bool((after[name] != value.to(after[name].dtype)).any()) for name, value in before.items()}
            trained = {name: value.requires_grad for name, value in self.model.named_parameters()}
            kinds = {name: str(value.dtype).split(".")[1] for name, value in after.items()}
            buffers = {
                name: [str(value.dtype).split(".")[1], value.tolist()]
                for name, value in self.model.named_buffers()
                if name.endswith("inv_freq")
            }
            notes.write_text(json.dumps({"moved": moved, "trained": trained, "kinds": kinds, "rotary": buffers}))
        if probe is not None:
            with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):  # on every rank, as ZeRO-3 wants it
                logits = self.model.eval()(**probe).logits.float()
            if self.args.process_index == 0:
                torch.save(logits, file)

    LLaVATrainer.train = train
