"""One small function per upstream break, with the versions it is for and why. Module -> hook for `attach`."""

from .trainer import adapt_llava_trainer, restore_layernorm_list

HOOKS = {
    "transformers.trainer": restore_layernorm_list,
    "llava.train.llava_trainer": adapt_llava_trainer,
}
