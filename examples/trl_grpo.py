"""Reinforcement of an exported EmoLLM with TRL's GRPO: our strict scorer, and the distance on the emotion wheel.

python examples/trl_grpo.py MODEL --data train.json --images images --out tuned
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from datasets import Dataset
from records import asked
from rewards import strict, wheel
from transformers import AutoModelForImageTextToText, AutoProcessor
from trl import GRPOConfig, GRPOTrainer


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A folder that `emollm export` wrote, or its hub name.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=-1)
    parser.add_argument("--learning-rate", type=float, default=1e-6)
    parser.add_argument("--answers", type=int, default=4, help="Answers to each question that are compared.")
    parser.add_argument("--tokens", type=int, default=16)
    given = parser.parse_args(argv)
    model = AutoModelForImageTextToText.from_pretrained(given.model, dtype="auto", trust_remote_code=True)
    processor = AutoProcessor.from_pretrained(given.model, trust_remote_code=True)
    model.model.vision_tower.requires_grad_(False)  # as in LLaVA
    settings = GRPOConfig(
        output_dir=str(given.out),
        max_steps=given.steps,
        learning_rate=given.learning_rate,
        per_device_train_batch_size=given.answers,
        num_generations=given.answers,
        max_completion_length=given.tokens,
        reward_weights=[1.0, 0.5],
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        use_cpu=not torch.cuda.is_available(),
        bf16=model.dtype == torch.bfloat16,
        gradient_checkpointing=False,
        seed=0,
    )
    trainer = GRPOTrainer(
        model,
        reward_funcs=[strict, wheel],
        args=settings,
        processing_class=processor,
        train_dataset=Dataset.from_list(list(asked(given.data, given.images))),
    )
    trainer.train()
    trainer.save_model()
    processor.save_pretrained(given.out)


if __name__ == "__main__":
    main()
