"""What every LLaVA-style causal class does alike: pictures in, the loss of training, and answers."""

from __future__ import annotations

from typing import Any

import torch

from ..training.loss import answer_loss

# At run time, a family's causal class; to a reader of types, anything.
Family: Any = object


class Decoder(Family):
    """Stands before a family's causal class and LLaVA's `LlavaMetaForCausalLM`.

    Attributes:
        stock: the family's causal class as transformers has it.
    """

    stock: Any
    base_model_prefix: str
    accepts_loss_kwargs = True  # the trainer tells how many labels a step has, see `loss`

    def get_model(self):
        """The base model, with tower and projector."""
        return getattr(self, self.base_model_prefix)

    def encode_images(self, images):
        """As the host's, (B, N, C) or a list, in the format of the text's embeddings.

        The projector may be kept in float32, which MPT's layer norms in bfloat16 refuse.
        """
        return super().encode_images(images).to(self.get_input_embeddings().weight.dtype)

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        position_ids=None,
        past_key_values=None,
        inputs_embeds=None,
        labels=None,
        images=None,
        image_sizes=None,
        sounds=None,
        num_items_in_batch=None,
        **kwargs,
    ):
        """As the host's: ids with `IMAGE_TOKEN_INDEX` and images (B, 3, S, S), or ready embeddings (B, N, C).

        With `sounds`, a list of `media.Sound` for the ids that are `AUDIO_INDEX`.

        In training with labels it returns the loss of `answer_loss` and no logits.
        """
        attached = None
        if inputs_embeds is None:
            texts_alone = self._texts_alone(input_ids)
            input_ids, position_ids, attention_mask, past_key_values, inputs_embeds, labels = (
                self.prepare_inputs_labels_for_multimodal(
                    input_ids, position_ids, attention_mask, past_key_values, labels, images, image_sizes, **_given(sounds)
                )
            )
            if texts_alone and inputs_embeds is not None:
                # The host hangs the projector on a text, so that every rank has all gradients. Through the loss they reach it
                # too (zeros), and layers below the first that learns need no backward.
                inputs_embeds, attached = inputs_embeds.detach(), inputs_embeds
        inputs = {
            "input_ids": input_ids,
            "attention_mask": attention_mask,
            "position_ids": position_ids,
            "past_key_values": past_key_values,
            "inputs_embeds": inputs_embeds,
        }
        # Not every family takes all of them, MPT no positions.
        inputs = {key: value for key, value in inputs.items() if value is not None}
        if self.training and labels is not None:
            output = answer_loss(self, labels, num_items_in_batch, **inputs)
            if attached is not None and attached.requires_grad:
                output.loss = output.loss + 0.0 * attached.sum()
            return output
        return self.stock.forward(self, labels=labels, **inputs, **kwargs)

    def _texts_alone(self, input_ids):
        """Whether a batch in training has no medium, and embeddings whose gradients nobody asks for.

        Checkpointing asks for them. Under ZeRO-3 (`ds_id`) all ranks must go back through the same layers.
        """
        embeddings = self.get_input_embeddings().weight
        checkpointing = any(getattr(module, "gradient_checkpointing", False) for module in self.modules())
        if not self.training or input_ids is None or checkpointing or embeddings.requires_grad or hasattr(embeddings, "ds_id"):
            return False
        return not (input_ids < 0).any()

    @torch.no_grad()
    def generate(self, inputs=None, images=None, image_sizes=None, sounds=None, **kwargs):
        """Token ids after a prompt (B, N) with `IMAGE_TOKEN_INDEX` where images stand; the prompt is left out."""
        position_ids, attention_mask = kwargs.pop("position_ids", None), kwargs.pop("attention_mask", None)
        _, position_ids, attention_mask, _, embeddings, _ = self.prepare_inputs_labels_for_multimodal(
            inputs, position_ids, attention_mask, None, None, images, image_sizes, **_given(sounds)
        )
        if embeddings is None:  # text alone
            embeddings = self.get_model().embed_tokens(inputs)
        known = {"position_ids": position_ids, "attention_mask": attention_mask}
        known = {key: value for key, value in known.items() if value is not None}
        return self.stock.generate(self, inputs_embeds=embeddings, **known, **kwargs)


def _given(sounds: Any) -> dict[str, Any]:
    return {} if sounds is None else {"sounds": sounds}
