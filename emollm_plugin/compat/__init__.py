"""One small function per upstream break, with the versions it is for and why. Module -> hook for `attach`."""

from .config import read_newer_config
from .pictures import MODULES, see_pictures
from .processes import deepspeed_on_a_cpu, let_deepspeed_accumulate, no_kernel_for_inference
from .trainer import allow_saved_generator_state, load_what_was_saved, restore_layernorm_list


def _on_trainer(trainer) -> None:
    restore_layernorm_list(trainer)
    allow_saved_generator_state(trainer)
    load_what_was_saved(trainer)


HOOKS = {
    "accelerate.accelerator": let_deepspeed_accumulate,
    "accelerate.state": deepspeed_on_a_cpu,
    "deepspeed.comm.torch": no_kernel_for_inference,
    "transformers.configuration_utils": read_newer_config,
    "transformers.trainer": _on_trainer,
    **dict.fromkeys(MODULES, see_pictures),
}
