"""The loss that a frozen language model of any family gives is its own."""

import pytest
import torch

from emollm_plugin.alignment.frozen import Frozen
from emollm_plugin.prompt.encode import IGNORE_INDEX
from tests.emollm_plugin.decoders import families_here, make_decoder

pytestmark = pytest.mark.host


@pytest.mark.parametrize("family", families_here())
def test_the_loss_is_transformers_own(family, tiny, tmp_path):
    import emollm_plugin

    emollm_plugin.register()
    from llava.conversation import conv_templates
    from transformers import AutoModelForCausalLM

    make_decoder(tmp_path, family, len(tiny.tokenizer))
    model = AutoModelForCausalLM.from_pretrained(tmp_path, torch_dtype=torch.float32)
    frozen = Frozen(model, tiny.tokenizer, conv_templates["emoprompt_chatml"])
    samples = [frozen.sample("Which emotion?", answer) for answer in ("joy", "sadness fear joy")]
    assert frozen.width == 32 and len({len(sample.ids) for sample in samples}) == 2  # or padding is not tried
    visual = torch.randn(2, 3, frozen.width, generator=torch.Generator().manual_seed(0))
    total = count = 0
    for own, sample in zip(visual, samples):
        place = sample.ids.index(frozen.prompter.image_token)
        first, rest = (frozen.embed(torch.tensor(part)) for part in (sample.ids[:place], sample.ids[place + 1 :]))
        labels = sample.labels[:place] + [IGNORE_INDEX] * 3 + sample.labels[place + 1 :]
        trained = sum(label != IGNORE_INDEX for label in labels)
        given = torch.cat([first, own, rest])[None]
        total += trained * model(inputs_embeds=given, labels=torch.tensor([labels])).loss.item()
        count += trained
    assert frozen.loss(visual, samples).item() == pytest.approx(total / count, abs=1e-5)
