"""Every family of decoders: trained by LLaVA's own code, saved, reloaded by its loader, and the same answers."""

import copy
import json
import shutil
from types import SimpleNamespace

import pytest
import torch

from emobench_data import InputError
from emollm_plugin.compat.config import before_5
from emollm_plugin.compat.cpu import cpu_dtype

from ..decoders import families_here, make_decoder

pytestmark = [pytest.mark.host, pytest.mark.both_formats]

# What a family does differently it does in float32 too; in bfloat16 the plainest, one that scales and one of another layout.
WHOLE = cpu_dtype() == torch.float32 or before_5()
FAMILIES = [family for family in families_here() if WHOLE or family in ("llama", "gemma2", "mpt")]


@pytest.fixture(scope="module")
def attached():
    import emollm_plugin

    emollm_plugin.register()


@pytest.fixture(scope="module")
def bases(tiny, tmp_path_factory):
    """Family -> folder of its tiny base model, made when first asked for."""
    made = {}

    def base(family):
        if family not in made:
            # Names decide nothing: the host takes any path with "mpt" in it for MPT.
            made[family] = tmp_path_factory.mktemp("prompt") / "base"
            make_decoder(made[family], family, len(tiny.tokenizer))
            (without_unknown(tiny.tokenizer) if "qwen" in family else tiny.tokenizer).save_pretrained(made[family])
        return made[family]

    return base


def without_unknown(tokenizer):
    """As Qwen's: no unknown token, which LLaVA would pad with, and no beginning of sequence."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer.backend_tokenizer, eos_token="<|im_end|>")


def eyes(tiny):
    """The host's arguments for the vision modules."""
    return SimpleNamespace(
        vision_tower=str(tiny.clip),
        mm_vision_select_layer=-2,
        mm_vision_select_feature="patch",
        pretrain_mm_mlp_adapter=None,
        mm_patch_merge_type="flat",
        mm_projector_type="multiperspective:slots=2,width=16",
    )


def build(tiny, base):
    from llava.train.train import LlavaLlamaForCausalLM

    torch.manual_seed(0)
    model = LlavaLlamaForCausalLM.from_pretrained(base, attn_implementation="sdpa")
    model.get_model().initialize_vision_modules(eyes(tiny))
    return model.float()


@pytest.fixture(scope="module", params=FAMILIES)
def model(request, attached, tiny, bases):
    return build(tiny, bases(request.param))


def answers(model):
    """Greedy token ids for a few random images."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(3, 3, 28, 28, generator=generator).to(model.dtype)
    ids = torch.tensor([[1, 20, -200, 30, 40]])
    length = {"do_sample": False, "min_new_tokens": 5, "max_new_tokens": 5}
    return [model.generate(ids, images=image[None], **length).tolist() for image in images]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trained_model_is_saved_and_answers_alike_when_reloaded(family, attached, bases, train_arguments, batch, tmp_path):
    from accelerate.utils import extract_model_from_parallel
    from llava.model.builder import load_pretrained_model
    from llava.train import train

    from emollm_plugin.__main__ import main

    out = tmp_path / "llava-out"
    trained = []
    keep = train.LLaVATrainer.save_state
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train.LLaVATrainer, "save_state", lambda self: (keep(self), trained.append(self.model)))
        arguments = train_arguments(model_name_or_path=bases(family), max_steps=3, output_dir=out)
        assert main(["llava.train.train", *arguments]) == 0
    # Without the wrapper that would go on to compute in bfloat16.
    model = extract_model_from_parallel(trained[0], keep_fp32_wrapper=False).to(cpu_dtype()).eval()
    values = [read.to_value.weight for read in model.get_model().mm_projector.reads.values()]
    assert all(value.abs().max() > 0 for value in values), "a perspective still has its starting values"
    config = json.loads((out / "config.json").read_text())
    assert config["model_type"] == f"llava_{family}"
    loaded = load_pretrained_model(str(out), None, "llava-out")[1]
    assert type(loaded) is type(model)
    # Training rounded the frozen encoder to bfloat16, which a loader in float32 does not.
    model.get_vision_tower().load_state_dict(loaded.get_vision_tower().state_dict())
    before = answers(model)
    assert all(len(answer[0]) >= 5 for answer in before)
    assert answers(loaded) == before
    batch["images"] = batch["images"].to(model.dtype)
    with torch.no_grad():
        # transformers 4.37 loads in float16 what was trained in bfloat16.
        assert torch.allclose(loaded(**batch).logits.float(), model(**batch).logits.float(), atol=0.02)


def test_the_projector_gets_a_gradient_and_the_loss_is_the_familys_own(model, batch):
    """With logits at the answers only, as in training, and over everything, as the family's own code does it."""
    losses, gradients = {}, {}
    for mode in (True, False):
        model.train(mode).zero_grad()
        losses[mode] = model(**batch).loss
        losses[mode].backward()
        gradients[mode] = {name: each.grad.clone() for name, each in model.named_parameters() if each.grad is not None}
    assert torch.allclose(losses[True], losses[False], atol=1e-6)
    assert gradients[True].keys() == gradients[False].keys()
    for name, gradient in gradients[True].items():
        assert torch.allclose(gradient, gradients[False][name], atol=1e-5), name
    content = model.get_model().mm_projector.content[2].weight
    assert content.grad.abs().max() > 0


def test_the_parts_of_a_batch_add_up_to_it(model, batch):
    """As the trainer wants it, which tells each part how many labels the whole step has."""
    assert model.accepts_loss_kwargs
    parts = [{key: value[row : row + 1] for key, value in batch.items()} for row in (0, 1)]
    whole = model.train()(**batch).loss
    assert torch.allclose(sum(model(**part, num_items_in_batch=4).loss for part in parts), whole, atol=1e-6)


def test_padding_changes_nothing(model, batch):
    model.eval()
    alone = {key: value[1:, :4] if key != "images" else value[1:] for key, value in batch.items()}
    with torch.no_grad():
        together, single = model(**batch).logits[1], model(**alone).logits[0]
    assert torch.allclose(together[: len(single)], single, atol=1e-5)


def test_generation_with_a_cache_follows_the_whole_forward_pass(model, batch):
    model.eval()
    ids, image = batch["input_ids"][:1, :4], batch["images"][:1]
    # transformers 4.37 puts the beginning-of-sequence token before them.
    new = model.generate(ids, images=image, do_sample=False, max_new_tokens=4, min_new_tokens=4)[:, -4:]
    with torch.no_grad():
        logits = model(input_ids=torch.cat([ids, new], dim=1), images=image).logits[0]
    assert logits[-5:-1].argmax(-1).tolist() == new[0].tolist()


def test_rotary_frequencies_stay_exact_in_a_model_that_is_cast(model):
    def frequencies(some):
        return {name: value for name, value in some.named_buffers() if name.endswith("inv_freq")}

    before = {name: value.clone() for name, value in frequencies(model).items()}
    assert before or "mpt" in model.config.model_type
    cast = copy.deepcopy(model).to(torch.bfloat16)
    assert next(cast.parameters()).dtype == torch.bfloat16
    assert frequencies(cast).keys() == before.keys()
    for name, value in frequencies(cast).items():
        assert value.dtype == torch.float32 and torch.equal(value, before[name]), name


def test_visual_tokens_enter_as_the_projector_makes_them(model, batch):
    """Gemma multiplies its text embeddings by the root of their width: inside the layer, so it does not reach ours."""
    seen = []
    layers = model.get_model().layers if hasattr(model.get_model(), "layers") else model.get_model().blocks
    hook = layers[0].register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(args[0] if args else kwargs["hidden_states"]), with_kwargs=True
    )
    with torch.no_grad():
        model.eval()(**batch)
        visual = model.encode_images(batch["images"])
        text = model.get_model().embed_tokens(batch["input_ids"][:, 2:4])
    hook.remove()
    patches = visual.shape[1]
    assert torch.allclose(seen[0][:, 1 : 1 + patches], visual, atol=1e-6)
    assert torch.allclose(seen[0][:, 1 + patches : 3 + patches], text, atol=1e-6)


def test_a_family_that_is_not_known_stops_with_those_that_are(attached, tiny, tmp_path):
    from llava.train.train import LlavaLlamaForCausalLM

    (tmp_path / "config.json").write_text(json.dumps({"model_type": "t5"}))
    with pytest.raises(InputError, match=r"model type 't5' cannot be a base; known: llama, .*qwen2"):
        LlavaLlamaForCausalLM.from_pretrained(tmp_path)


def test_the_first_llava_releases_load_as_llama(attached, tiny, tmp_path):
    from llava.train.train import LlavaLlamaForCausalLM

    shutil.copytree(tiny.base, tmp_path / "old")
    config = json.loads((tiny.base / "config.json").read_text())
    (tmp_path / "old" / "config.json").write_text(
        json.dumps({**config, "model_type": "llava", "architectures": ["LlavaLlamaForCausalLM"]})
    )
    assert isinstance(LlavaLlamaForCausalLM.from_pretrained(tmp_path / "old"), LlavaLlamaForCausalLM.host_class)
