"""An aligned projector: its tokens lie by their labels' words, and LLaVA starts from it."""

import json
import re
import shutil
import sys

import pytest
import torch
from click.testing import CliRunner

from emollm_plugin.alignment.align import PREFIX, Words, align, rms, words_of
from emollm_plugin.alignment.pairs import Pair
from emollm_plugin.cli.commands import main
from emollm_plugin.projector.multiperspective import MultiPerspectiveProjector
from emollm_plugin.projector.options import ProjectorOptions

from ..decoders import families_here, make_decoder

pytestmark = pytest.mark.host
PROJECTOR = "multiperspective:slots=2,width=16"


def run(tiny, out, *changes, data=None):
    arguments = [
        "align",
        "--data",
        data or tiny.data / "train.json",
        "--images",
        tiny.data / "images",
        "--base",
        tiny.base,
        "--tower",
        tiny.clip,
        "--projector",
        PROJECTOR,
        "--out",
        out,
        "--steps",
        60,
        "--learning-rate",
        1e-2,
        *changes,
    ]
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def aligned(tiny, tmp_path_factory):
    out = tmp_path_factory.mktemp("aligned") / "mm_projector.bin"
    done = run(tiny, out)
    assert done.exit_code == 0, done.output
    return out


@pytest.mark.parametrize("family", families_here())
def test_words_lie_where_the_models_first_layer_meets_them(tiny, family, tmp_path):
    """Gemma multiplies its table by the root of its width on the way there; visual tokens go there as they are."""
    from transformers import AutoModelForCausalLM

    make_decoder(tmp_path, family, len(tiny.tokenizer))
    tiny.tokenizer.save_pretrained(tmp_path)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    with torch.no_grad():
        table = model(torch.arange(len(tiny.tokenizer))[None], output_hidden_states=True).hidden_states[0][0]
        visual = torch.randn(1, 3, 32)
        entered = model(inputs_embeds=visual, output_hidden_states=True).hidden_states[0]
    assert torch.allclose(entered, visual)
    words = words_of(str(tmp_path), ["joy", "sadness fear"], "cpu")
    ids = tiny.tokenizer("sadness fear", add_special_tokens=False).input_ids
    wanted = sum(table[each] for each in ids) / len(ids) - table.mean(0)
    assert torch.allclose(words.targets[1], wanted / wanted.norm(), atol=1e-6)
    assert torch.allclose(words.mean, table.mean(0), atol=1e-6)
    assert rms(words.distances([table])) == pytest.approx(1, abs=1e-5)
    # A token that lies at a label's word, at any distance from the mean, is classified as that label.
    near = words.mean + 0.1 * words.targets[1]
    assert words.logits(near.expand(1, 3, -1)).argmax() == 1


def test_a_projector_of_the_hosts_is_not_replaced(tiny, tmp_path):
    out = tmp_path / "mm_projector.bin"
    torch.save({"model.mm_projector.0.weight": torch.zeros(2, 2)}, out)
    before = out.read_bytes()
    done = run(tiny, out, "--steps", 1)
    assert done.exit_code == 2 and "is there already and is not replaced" in done.stderr and out.read_bytes() == before


def test_layout_is_open_and_trained_and_the_others_wait_at_zero(tiny, tmp_path):
    found = []
    for steps in (1, 60):
        run(tiny, tmp_path / "out.bin", "--steps", steps)
        saved = torch.load(tmp_path / "out.bin", weights_only=True)
        found.append({key.removeprefix(PREFIX): value for key, value in saved.items()})
    first, last = found
    assert first["reads.layout.to_value.weight"].std() > 0.1, "random as any layer's, which zeros would not be in one step"
    for key, value in first.items():
        learns = key.startswith(("content.", "perspectives.layout.", "reads.layout."))
        assert torch.equal(value, last[key]) != learns, key
        if "to_value" in key and not learns:
            assert not value.any(), key


@pytest.mark.parametrize("perspectives", ["layout", "atmosphere"])
def test_half_of_the_grids_are_mirrored_where_layout_learns(perspectives):
    torch.manual_seed(0)
    projector = MultiPerspectiveProjector(3, 5, ProjectorOptions.parse(f"multiperspective:perspectives={perspectives}"))
    grids = {str(number): torch.randn(4, 3).half() for number in range(8)}
    words = Words(["joy", "fear"], torch.eye(5)[:2], torch.zeros(5), 1.0)
    pairs = [Pair(name, words.labels[int(name) % 2]) for name in grids]
    seen = []
    projector.register_forward_hook(lambda module, inputs, _: seen.append(inputs[0]) if torch.is_grad_enabled() else None)
    align(projector, grids, pairs, words, steps=4, learning_rate=1e-3, batch=8, seed=0)
    plain = [*grids.values()]
    turned = [own[[1, 0, 3, 2]] for own in plain]
    found = [
        tuple(sum(torch.equal(row.half(), own) for row in batch for own in kind) for kind in (plain, turned)) for batch in seen
    ]
    assert len(found) == 4 and all(sum(pair) == 8 for pair in found)
    assert (sum(turns for _, turns in found) > 8) == (perspectives == "layout")
    assert (sum(turns for _, turns in found) == 0) == (perspectives != "layout")


def test_more_tokens_than_patches_are_refused_before_a_picture_is_encoded(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("emollm_plugin.alignment.run.encode_pictures", lambda *_: pytest.fail("encoded"))
    done = run(tiny, tmp_path / "out.bin", "--projector", "multiperspective:tokens=9")
    assert done.exit_code == 2 and "tokens=9: the vision tower gives 4 patches" in done.output


def test_pictures_lie_by_their_words_after_it(tiny, tmp_path, caplog):
    # Two labels can lie right by chance, but then not when they are exchanged.
    records = json.loads((tiny.data / "train.json").read_text())
    for record in records:
        answer = record["conversations"][1]
        answer["value"] = {"joy": "sadness", "sadness": "joy"}[answer["value"]]
    (tmp_path / "exchanged.json").write_text(json.dumps(records))
    caplog.set_level("INFO")
    shares = {}
    for data in (None, tmp_path / "exchanged.json"):
        for steps, rate in ((1, 1e-9), (60, 1e-2)):
            caplog.clear()
            run(tiny, tmp_path / "out.bin", "--steps", steps, "--learning-rate", rate, data=data)
            shares[bool(data), steps] = float(re.search(r"([\d.]+) % of them nearest", caplog.text)[1])
    assert shares[False, 1] + shares[True, 1] == 100
    assert shares[False, 60] == shares[True, 60] == 100


def test_what_lies_beside_the_words_is_shortened(aligned, tiny, tmp_path):
    run(tiny, tmp_path / "drawn.bin", "--residual", 0.25)
    plain, drawn = (torch.load(path)[f"{PREFIX}content.2.weight"] for path in (aligned, tmp_path / "drawn.bin"))
    words = words_of(str(tiny.base), ["joy", "sadness"], "cpu")
    torch.testing.assert_close(words.targets @ drawn, words.targets @ plain, atol=1e-5, rtol=1e-3)
    assert drawn.norm() < 0.9 * plain.norm()


def test_the_same_seed_gives_the_same_projector(aligned, tiny, tmp_path):
    run(tiny, tmp_path / "again.bin")
    run(tiny, tmp_path / "other.bin", "--seed", 1)
    first, again, other = (torch.load(path) for path in (aligned, tmp_path / "again.bin", tmp_path / "other.bin"))
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert not all(torch.equal(first[key], other[key]) for key in first)


def test_a_few_faulty_pictures_are_left_out_and_counted(tiny, tmp_path, caplog):
    shutil.copytree(tiny.data / "images", tmp_path / "images")
    (tmp_path / "images" / "5.png").write_bytes(b"no picture")
    few = run(tiny, tmp_path / "few.bin", "--images", tmp_path / "images", "--faulty-media", 0.1, "--steps", 2)
    assert few.exit_code == 0 and (tmp_path / "few.bin").is_file()
    assert "1 of 16 pictures are faulty and left out: 5.png" in caplog.text
    refused = run(tiny, tmp_path / "out.bin", "--images", tmp_path / "images")
    assert refused.exit_code == 2 and "1 of 16 media of" in refused.output and "5.png" in refused.output


def test_the_host_trains_on_from_it(aligned, train_arguments, tmp_path, monkeypatch):
    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host

    arguments = train_arguments(
        pretrain_mm_mlp_adapter=aligned, tune_mm_mlp_adapter=True, max_steps=1, learning_rate=1e-12, bf16=False
    )
    monkeypatch.setattr(sys, "argv", ["train", *arguments])
    host.train()
    saved = torch.load(tmp_path / "llava-out" / "mm_projector.bin")
    for key, value in torch.load(aligned).items():
        assert torch.allclose(saved[key].float(), value, atol=1e-6), key
        assert key.startswith(PREFIX)


def test_bad_input_stops_with_one_line_and_writes_nothing(tiny, tmp_path):
    yes = json.loads((tiny.data / "train.json").read_text())
    for record in yes:
        record["conversations"][1]["value"] = "Yes"
    (tmp_path / "yes.json").write_text(json.dumps(yes))
    out = tmp_path / "mm_projector.bin"
    for done, words in (
        (run(tiny, out, data=tmp_path / "yes.json"), "at least two labels"),
        (run(tiny, out, data=tmp_path / "missing.json"), "cannot be read"),
        (run(tiny, out, "--base", tiny.clip), "has no tokenizer"),
        (run(tiny, out, "--tower", tmp_path / "nowhere"), "nowhere"),
        (run(tiny, out, "--images", tmp_path), "0.png"),
        (run(tiny, out, "--projector", "multiperspektive"), "multiperspektive"),
        (run(tiny, out, "--projector", "identity"), "nothing to train"),
        (run(tiny, out, "--beside", "nan", "--data", tmp_path / "missing.json"), "no share"),
    ):
        assert done.exit_code == 2 and words in done.output.splitlines()[-1], done.output
        assert not out.exists()
    left_out = run(tiny, out, "--optional", data=tmp_path / "yes.json")
    assert left_out.exit_code == 0 and not out.exists()
