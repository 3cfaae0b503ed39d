"""Imported once by the server that the training processes are forked from: the slow imports of a training."""

import os

from .training_worker import CPU

os.environ.update(CPU)

import emollm_plugin

emollm_plugin.register()

import deepspeed  # noqa: E402
import deepspeed.runtime.zero.muon.muon_optimizer  # noqa: E402, F401
import llava.train.train  # noqa: E402, F401
import peft  # noqa: E402, F401

import emollm_plugin.training.preflight  # noqa: E402
import emollm_plugin.training.trainer  # noqa: E402
