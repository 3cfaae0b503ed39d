"""What is changed or mended of foreign libraries, and nowhere else: one small function each, with its versions and its reason.

`HOOKS` are run by `attach` as a module is imported; the rest is called from where the host meets the break.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

__all__ = ["CHANGES", "HOOKS", "Change"]

Hook = Callable[[ModuleType], None]


class Change(NamedTuple):
    """One line of the table: the function in this package, the library's versions that it is for, and why."""

    function: str
    versions: str
    why: str


CHANGES = (
    Change("accumulate:counts_labels", "transformers < 4.46", "whether a trainer counts the labels of a whole step"),
    Change("accumulate:WholeSteps", "transformers < 4.46", "a micro-batch's loss cannot know the labels of the next ones"),
    Change("cache:pick_rows", "transformers 4.37, 5", "keys and values are tuples in one and objects in the other"),
    Change("cache:join_rows", "transformers 4.37, 5", "keys and values are tuples in one and objects in the other"),
    Change("cache:padding_confuses_several", "transformers < 5", "fused attention masks several tokens after padding wrongly"),
    Change("config:read_newer_config", "transformers < 5", "a newer config.json is read with another rotary base, in silence"),
    Change("config:older_form", "transformers < 5", "rope_parameters and dtype are written so that both read them"),
    Change("config:newer_tokenizer", "transformers < 5", "a tokenizer of 5 cannot be read, which is to be said"),
    Change("config:before_5", "transformers 4.37, 5", "which of the two stacks is here"),
    Change("cpu:cpu_dtype", "llava 1.2.2", "names float16, which no CPU trains in"),
    Change("cpu:tower_in_host_format", "llava 1.2.2", "casts the tower to float16, and its statistics and buffers with it"),
    Change("cpu:host_on_cpu", "llava 1.2.2", "names cuda and float16 in its evaluation"),
    Change("cpu:no_cuda_synchronize", "llava 1.2.2", "synchronizes a GPU that is not there at the end of a DeepSpeed run"),
    Change("dtype:buffers_kept", "torch", "what casts a module casts its buffers, rotary frequencies among them"),
    Change("dtype:format_named", "torch", "a number format by its name, of those that models are run in"),
    Change("dtype:noted_format", "transformers 4.37, 5", "a config.json notes it under dtype or torch_dtype"),
    Change("dtype:dtype_argument", "transformers >= 5", "dtype goes before LLaVA's torch_dtype"),
    Change("dtype:float32_unless_told", "transformers >= 5", "a model is loaded in its file's format where none is given"),
    Change("dtype:cast_parameters", "torch", "model.to(dtype) rounds rotary frequencies and running statistics too"),
    Change("dtype:HostFormat", "llava 1.2.2", "names cuda and float16"),
    Change("dtype:in_models_format", "llava 1.2.2", "hands pictures to a projector of another format"),
    Change("generation:valid_generation_config", "transformers >= 4.39", "Vicuna's own generation config cannot be saved"),
    Change("generation:penalized_from_the_start", "transformers 4.37", "a prompt of embeddings counts as one token"),
    Change("notices:drop_renamed_checkpointing", "transformers >= 5", "every log has warnings of names that peft uses"),
    Change("notices:drop_workers_of_the_host", "llava 1.2.2", "torch warns of a number that the host has fixed"),
    Change("names:base_by_content", "llava 1.2.2", "takes a base with mpt in its path, as in emoprompt, for MPT"),
    Change("pictures:AsSeen", "llava 1.2.2", "opens pictures as they lie in the file, not as people see them"),
    Change("pictures:see_pictures", "llava 1.2.2", "the same, for a module that opens pictures"),
    Change("pictures:as_people_see_them", "llava 1.2.2", "the same, for a script that is run as a program"),
    Change("processes:deepspeed_on_a_cpu", "accelerate < 0.31", "leaves DeepSpeed out in silence on a CPU"),
    Change(
        "processes:let_deepspeed_accumulate", "accelerate < 1.9", "several micro-batches a step are refused on several ranks"
    ),
    Change("processes:no_kernel_for_inference", "deepspeed 0.19", "compiles a kernel that training never calls"),
    Change("processes:join_processes", "deepspeed 0.19", "reads a world size of 1 where the model is loaded first"),
    Change(
        "quantized:one_quantization_argument", "transformers >= 5", "load_in_4bit and load_in_8bit are no arguments any more"
    ),
    Change("dtype:keep_rotary_exact", "llava 1.2.2", "casts the whole model, rotary frequencies too"),
    Change("trainer:restore_layernorm_list", "transformers >= 4.57", "a list that LLaVA imports is gone"),
    Change("trainer:RmsNorm", "transformers >= 4.57", "stands in that list for the norms that it held"),
    Change("trainer:tokenizer_argument", "transformers >= 5", "Trainer(tokenizer=) became processing_class="),
    Change("trainer:load_what_was_saved", "transformers 4.37 to 5.23", "frozen weights are wanted of DeepSpeed's checkpoints"),
    Change("trainer:allow_saved_generator_state", "transformers < 4.47", "torch >= 2.6 refuses the generator's state"),
    Change("trainer:without_empty_groups", "transformers 4.37", "DeepSpeed drops empty groups, the scheduler does not"),
    Change("zero3:generator_kept", "transformers 5", "ZeRO-3 draws random numbers for weights that are then loaded"),
    Change("zero3:one_dtype", "deepspeed 0.19", "ZeRO-3 asserts one format of all that is trained"),
    Change("zero3:unpartitioned", "transformers 5", "ZeRO-3 partitions also what is loaded beside the model"),
    Change("zero3:own_storage", "transformers 4.37", "all but one tensor of one buffer are taken for doubles and left out"),
)


def _hook(name: str) -> Hook:
    """The hook `module:function` of this package, which is imported when it is run."""

    def run(module: ModuleType) -> None:
        from pkgutil import resolve_name

        resolve_name(f"{__name__}.{name}")(module)

    return run


def _on_trainer(trainer: ModuleType) -> None:
    for name in ("restore_layernorm_list", "allow_saved_generator_state", "load_what_was_saved"):
        _hook(f"trainer:{name}")(trainer)


# The host's modules that open pictures; what is run as a program has no name of its own, see `pictures.as_people_see_them`.
OPEN_PICTURES = (
    "llava.mm_utils",
    "llava.train.train",
    "llava.serve.cli",
    "llava.eval.run_llava",
    "llava.eval.model_vqa",
    "llava.eval.model_vqa_loader",
    "llava.eval.model_vqa_mmbench",
    "llava.eval.model_vqa_science",
)
HOOKS: dict[str, Hook] = {
    "accelerate.accelerator": _hook("processes:let_deepspeed_accumulate"),
    "accelerate.state": _hook("processes:deepspeed_on_a_cpu"),
    "deepspeed.comm.torch": _hook("processes:no_kernel_for_inference"),
    "transformers.configuration_utils": _hook("config:read_newer_config"),
    "transformers.modeling_utils": _hook("notices:drop_renamed_checkpointing"),
    "transformers.trainer": _on_trainer,
    **dict.fromkeys(OPEN_PICTURES, _hook("pictures:see_pictures")),
}
