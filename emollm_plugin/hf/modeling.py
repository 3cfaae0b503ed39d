"""A LLaVA of transformers with our projector in place of its own, and any decoder and tower that training takes."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModel, GenerationMixin, LlavaForConditionalGeneration, LlavaModel, LlavaPreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.models.llava.modeling_llava import LlavaCausalLMOutputWithPast, LlavaModelOutputWithPast
from transformers.utils import can_return_tuple

from ..projector.multiperspective import MultiPerspectiveProjector
from ..projector.options import ProjectorOptions
from ..projector.perspectives import Values
from .configuration import EfficientNetLiteConfig, EmoLlavaConfig
from .efficientnet import EfficientNetLiteModel


def _init_weights(model: LlavaPreTrainedModel, module: nn.Module) -> None:
    """Perspectives begin without effect, also where transformers makes a fresh model."""
    if isinstance(module, Values):
        nn.init.zeros_(module.weight)
        nn.init.zeros_(module.bias)
    else:
        LlavaPreTrainedModel._init_weights(model, module)


class EmoLlavaModel(LlavaModel):
    """Vision tower, projector and decoder, without a head.

    Pictures that stand side by side, placeholder by placeholder, are the frames of one clip.
    """

    config_class = EmoLlavaConfig
    _init_weights = _init_weights

    def __init__(self, config: EmoLlavaConfig) -> None:
        LlavaPreTrainedModel.__init__(self, config)
        # transformers types both as a dict, a configuration or nothing; they are configurations.
        vision: Any = config.vision_config
        text: Any = config.text_config
        # Engines send a config to other processes by value, where its class is none that transformers was told of.
        ours = vision.model_type == EfficientNetLiteConfig.model_type
        self.vision_tower = EfficientNetLiteModel(vision) if ours else AutoModel.from_config(vision)
        options = ProjectorOptions.parse(config.projector_type)
        projector: Any = MultiPerspectiveProjector(vision.hidden_size, text.hidden_size, options)
        self.multi_modal_projector = projector  # in LLaVA's place
        self.language_model = AutoModel.from_config(text)
        self.takes_positions = "position_ids" in inspect.signature(self.language_model.forward).parameters
        self.post_init()

    def get_image_features(
        self, pixel_values: Tensor, clips: Sequence[int] | None = None, **_: Any
    ) -> BaseModelOutputWithPooling:
        """Pictures (B, 3, S, S) -> `pooler_output`, for each picture its tokens as the decoder takes them, (N, C).

        Args:
            clips: how many of the B pictures belong to each clip, in order; None where all are stills.
        """
        layer = self.config.vision_feature_layer
        pixels = pixel_values.to(self.vision_tower.dtype)
        seen = self.vision_tower(pixels, output_hidden_states=True, return_dict=True)
        tokens = seen.hidden_states[layer][:, self.config.skipped_tokens :].contiguous()
        features = self.multi_modal_projector(tokens, clips=clips)
        pooled: Any = list(features)  # of unlike lengths
        return BaseModelOutputWithPooling(last_hidden_state=tokens, pooler_output=pooled)

    def clip_lengths(self, input_ids: Any) -> list[int]:
        """How many pictures each run of placeholders in ids (B, L) stands for."""
        lengths = []
        for row in input_ids:
            places = (row == self.config.image_token_index).nonzero()[:, 0]
            ends = ((places.diff() != 1).nonzero()[:, 0] + 1).tolist()
            runs = [end - start for start, end in zip([0, *ends], [*ends, len(places)])]
            lengths += [run // self.config.image_seq_length for run in runs if run]
        return lengths

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        **kwargs: Any,
    ) -> LlavaModelOutputWithPast:
        """As LLaVA's: ids with one placeholder for each token of a picture, or embeddings (B, N, C)."""
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give either input_ids or inputs_embeds")
        if inputs_embeds is None:
            inputs_embeds = self.get_input_embeddings()(input_ids)
        features = None
        if pixel_values is not None:
            clips = self.clip_lengths(input_ids) if self.multi_modal_projector.reads_clips else None
            pooled: Any = self.get_image_features(pixel_values, clips=clips).pooler_output
            features = torch.cat(pooled).to(inputs_embeds.device, inputs_embeds.dtype)
            ids: Any = input_ids
            places = self.get_placeholder_mask(ids, inputs_embeds=inputs_embeds, image_features=features)
            inputs_embeds = inputs_embeds.masked_scatter(places, features)
        if self.takes_positions:  # MPT has none
            kwargs["position_ids"] = position_ids
        out = self.language_model(
            inputs_embeds=inputs_embeds, attention_mask=attention_mask, past_key_values=past_key_values, **kwargs
        )
        return LlavaModelOutputWithPast(
            last_hidden_state=out.last_hidden_state,
            past_key_values=out.past_key_values,
            hidden_states=out.hidden_states,
            attentions=out.attentions,
            image_hidden_states=features,
        )


class EmoLlavaForConditionalGeneration(LlavaForConditionalGeneration, GenerationMixin):
    """The model that answers."""

    config_class = EmoLlavaConfig
    _init_weights = _init_weights

    def __init__(self, config: EmoLlavaConfig) -> None:
        LlavaPreTrainedModel.__init__(self, config)
        self.model = EmoLlavaModel(config)
        text: Any = config.text_config
        self.lm_head = nn.Linear(text.hidden_size, text.vocab_size, bias=False)
        embeddings = "embed_tokens" if hasattr(self.model.language_model, "embed_tokens") else "wte"  # MPT's
        self._tied_weights_keys = {"lm_head.weight": f"model.language_model.{embeddings}.weight"}
        self.post_init()

    def get_image_features(self, pixel_values: Tensor, **kwargs: Any) -> BaseModelOutputWithPooling:
        """As the base model's."""
        return self.model.get_image_features(pixel_values, **kwargs)

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Any = None,
        inputs_embeds: Tensor | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> LlavaCausalLMOutputWithPast:
        """As LLaVA's; a decoder's soft cap of its logits (Gemma 2) is kept."""
        loss_kwargs = {key: kwargs.pop(key) for key in ("num_items_in_batch", "shift_labels") if key in kwargs}
        out = self.model(
            input_ids=input_ids,
            pixel_values=pixel_values,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            **kwargs,
        )
        kept = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(out.last_hidden_state[:, kept])
        cap = getattr(self.config.text_config, "final_logit_softcapping", None)
        if cap:
            logits = torch.tanh(logits / cap) * cap
        loss = None
        if labels is not None:
            text: Any = self.config.text_config
            size = text.vocab_size
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=size, **loss_kwargs)
        return LlavaCausalLMOutputWithPast(
            loss=loss,
            logits=logits,
            past_key_values=out.past_key_values,
            hidden_states=out.hidden_states,
            attentions=out.attentions,
            image_hidden_states=out.image_hidden_states,
        )
