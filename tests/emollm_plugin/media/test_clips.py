"""Clips in the host's own data set, model and trainer, beside pictures and text."""

import copy
import json
import shutil
from types import SimpleNamespace

import av
import pytest
import torch

from emobench_data.media.examine import examine
from emobench_data.media.video import FrameCache, Sampling
from emollm_plugin.evaluation.eyes import Eyes
from emollm_plugin.evaluation.predictor import Predictor
from emollm_plugin.media.clips import ClipReader, _clip_lengths, cache_of, clip_lengths

from ..conftest import CHANGE, make_clip_file
from ..training.test_modes import MODES, belongs
from ..trainings import finish

pytestmark = pytest.mark.host

CLIPS = {"up": range(0, 200, 20), "down": range(180, -20, -20)}


def clip_record(name, answer, sign="<video>"):
    turns = [{"from": "human", "value": f"{sign}\nWhich emotion does this video show? joy sadness"}]
    return {"id": f"{name}{sign}", "video": f"{name}.mp4", "conversations": [*turns, {"from": "gpt", "value": answer}]}


@pytest.fixture(scope="module")
def media(tiny):
    """Training data of pictures, text and clips in turn; `.records`, `.file`, `.folder`."""
    folder = tiny.root / "media"
    shutil.copytree(tiny.data / "images", folder)
    for name, greys in CLIPS.items():
        make_clip_file(folder / f"{name}.mp4", greys, size=(40, 28))
    pictures = json.loads((tiny.data / "train.json").read_text())
    records = []
    for index in range(8):
        ask = {"from": "human", "value": f"Which emotion has the number {index}?"}
        text = {"id": f"text-{index}", "conversations": [ask, {"from": "gpt", "value": "joy"}]}
        name, answer = (("up", "joy"), ("down", "sadness"))[index % 2]
        records += [pictures[index], text, clip_record(name, answer, ("<video>", "<image>")[index // 4])]
    file = tiny.root / "clips.json"
    file.write_text(json.dumps(records))
    return SimpleNamespace(records=records, file=file, folder=folder)


@pytest.fixture
def dataset(media, tiny):
    """The host's data set as its training makes it, with four frames of each clip."""
    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host
    from transformers import CLIPImageProcessor

    before = host.conversation_lib.default_conversation
    host.conversation_lib.default_conversation = host.conversation_lib.conv_templates["emoprompt_chatml"]
    arguments = host.DataArguments(data_path=str(media.file), image_folder=str(media.folder), image_aspect_ratio="pad")
    arguments.is_multimodal, arguments.mm_use_im_start_end = True, False
    arguments.image_processor = CLIPImageProcessor.from_pretrained(tiny.clip)
    made = host.LazySupervisedDataset(str(media.file), tiny.tokenizer, arguments)
    made.clips = ClipReader(Sampling(frames=4))
    yield made
    host.conversation_lib.default_conversation = before


def test_a_clip_gives_its_frames_where_a_picture_would_give_itself(dataset, media):
    from llava.mm_utils import process_images

    sample = dataset[2]
    with av.open(str(media.folder / "up.mp4")) as container:
        every = [frame.to_image() for frame in container.decode(video=0)]
    wanted = process_images(
        [every[index] for index in (0, 3, 6, 9)], dataset.data_args.image_processor, SimpleNamespace(image_aspect_ratio="pad")
    )
    assert torch.equal(sample["image"], wanted) and sample["image"].shape == (4, 3, 28, 28)
    assert (sample["input_ids"] == -200).sum() == 1
    ends = torch.where(sample["labels"] != -100)[0]
    assert dataset.tokenizer.decode(sample["labels"][ends]).startswith("joy")
    # <image> for a clip is the same sample, and a record is not changed by being read.
    assert media.records[2]["video"] == media.records[14]["video"]
    assert torch.equal(dataset[14]["input_ids"], sample["input_ids"])
    assert dataset.list_data_dict == media.records
    # A picture is the host's own business; a text has none, where the host gives it a blank one.
    assert dataset[0]["image"].shape == (3, 28, 28) and dataset[1]["image"].shape == (0, 3, 28, 28)


def test_a_clip_may_be_a_folder_of_its_frames(dataset, media, tiny):
    """In training, from the frame cache and in evaluation, which see what they see of the clip itself."""
    folder = media.folder / "frames/up"
    folder.mkdir(parents=True)
    with av.open(str(media.folder / "up.mp4")) as container:
        for number, frame in enumerate(container.decode(video=0)):
            frame.to_image().save(folder / f"{number}.png")
    dataset.list_data_dict = [*media.records, {**clip_record("up", "joy"), "video": "frames/up"}]
    assert torch.equal(dataset[len(media.records)]["image"], dataset[2]["image"])
    assert examine(folder, "video", media.folder.resolve()).fault is None
    config = SimpleNamespace(emollm_clips=True, mm_projector_type=CHANGE, image_aspect_ratio="pad")
    eyes = Eyes(dataset.data_args.image_processor, config)
    for seen in (eyes.clip(media.folder, "frames/up"), eyes.open(folder)):
        assert seen.medium == "video" and torch.equal(seen.pixels, dataset[2]["image"])


def test_later_epochs_take_frames_from_the_cache(dataset, tmp_path):
    plain = dataset[2]["image"]
    cache = FrameCache(tmp_path / "frames", limit=10**6)
    dataset.clips = ClipReader(Sampling(frames=4), cache)
    assert torch.equal(dataset[2]["image"], plain) and torch.equal(dataset[2]["image"], plain)
    assert cache.counts() == (1, 1)
    asked = SimpleNamespace(frame_cache=str(tmp_path), frame_cache_gb=0.5)
    assert cache_of(asked).limit == 5 * 10**8 and cache_of(SimpleNamespace(frame_cache=None)) is None


def test_clips_count_as_pictures_where_samples_are_grouped_by_modality(dataset):
    picture, text, clip = dataset.modality_lengths[:3]
    assert picture > 0 and clip > 0 and text < 0
    assert dataset.lengths[2] > 128 and dataset.lengths[1] < 128


@pytest.fixture(scope="module")
def seeing(clip_model):
    """In float32, so that a batch gives what its samples give."""
    return copy.deepcopy(clip_model).float()


def collated(dataset, indices):
    """Samples as one batch, by the host's collator."""
    from llava.train.train import DataCollatorForSupervisedDataset

    return DataCollatorForSupervisedDataset(tokenizer=dataset.tokenizer)([dataset[index] for index in indices])


def losses(model, dataset, indices):
    """The summed loss of each sample in one batch, by the host's forward."""
    batch = collated(dataset, indices)
    with torch.no_grad():
        prepared = model.prepare_inputs_labels_for_multimodal(
            batch["input_ids"], None, batch["attention_mask"], None, batch["labels"], batch["images"]
        )
        _, positions, mask, _, embeddings, labels = prepared
        logits = model(inputs_embeds=embeddings, attention_mask=mask, position_ids=positions).logits
    each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none")
    return each.sum(1), mask.sum(1)


@pytest.mark.parametrize("indices", [[0, 1, 2], [2, 5], [2, 1], [1, 1]], ids=["all kinds", "clips", "clip and text", "texts"])
def test_a_mixed_batch_says_what_its_samples_say_alone(dataset, seeing, indices):
    together, lengths = losses(seeing, dataset, indices)
    alone = [losses(seeing, dataset, [index]) for index in indices]
    assert torch.allclose(together, torch.cat([loss for loss, _ in alone]), rtol=1e-4)
    assert lengths.tolist() == [int(length) for _, length in alone]
    # Four frames of four tokens stand for the one placeholder.
    assert 2 not in indices or lengths[indices.index(2)] == len(dataset[2]["input_ids"]) - 1 + 4 * 4


def test_a_clips_tokens_are_its_frames_in_order_with_what_changed(seeing, dataset):
    frames = dataset[2]["image"]
    ids = torch.tensor([[-200, 5]])

    def tokens(images):
        with torch.no_grad():
            return seeing.prepare_inputs_labels_for_multimodal(ids, None, None, None, None, images)[4][0, :-1]

    tower, projector = seeing.get_vision_tower(), seeing.get_model().mm_projector
    with torch.no_grad():
        wanted = projector(tower(frames), clips=[4]).flatten(0, 1)
    assert torch.allclose(tokens([frames]), wanted, atol=1e-6)
    assert torch.allclose(tokens(frames[None]), wanted, atol=1e-6)
    assert not torch.allclose(tokens([frames])[4:8], tokens([frames[1]]), atol=1e-3)
    assert _clip_lengths.get() is None


def test_lengths_of_clips_are_told_from_the_pictures_shapes():
    still, clip = torch.zeros(3, 4, 4), torch.zeros(5, 3, 4, 4)
    assert clip_lengths([still, clip]) == clip_lengths([still, clip[:0], clip]) == [1, 5]
    assert clip_lengths(torch.stack([clip, clip])) == [5, 5]
    assert clip_lengths(torch.stack([still, still])) is None and clip_lengths(None) is None


@pytest.mark.parametrize(
    ("zero", "ranks", "mode", "more"),
    [("2", 2, "full", {}), ("3", 1, "full", {}), ("3", 2, "lora", {"group_by_modality_length": True})],
    ids=["zero2 on two ranks", "zero3 on one", "zero3 on two"],
)
def test_pictures_text_and_clips_train_in_one_run(dataset, media, train_arguments, tmp_path, zero, ranks, mode, more):
    """Batches of two from three kinds in a seeded order: every mixture comes, also on one rank only.

    The checkpoint says what the model said when its training ended, and is shown the frames that training read.
    """
    arguments = train_arguments(
        data_path=media.file,
        image_folder=media.folder,
        mm_projector_type=CHANGE,
        per_device_train_batch_size=2,
        max_steps=8,
        frame_cache=tmp_path / "frames",
        image_aspect_ratio="pad",
        **MODES[mode],
        **more,
    )
    probe = collated(dataset, [0, 1, 2, 5])
    probe["images"] = [image.bfloat16() for image in probe["images"]]
    done = finish(arguments, out=tmp_path / "llava-out", zero=zero, ranks=ranks, probe=probe)
    trained = done.parameters("trained")
    assert trained == {name for name in json.loads(done.notes.read_text())["moved"] if belongs(name, mode)}
    assert sum("mm_projector." in name and "change" in name for name in trained) == 10
    assert done.parameters("moved") == trained
    assert len(done.curve()) == 8 and all(loss > 0 for _, loss in done.curve())
    # Two clips are read often, and decoded by as many processes as met them first.
    assert "% of" in done.tail() and "clips came from it" in done.tail()
    loaded = Predictor.load(str(done.out))
    probe["images"] = [image.to(loaded.model.dtype) for image in probe["images"]]
    with torch.no_grad():
        again = loaded.model(**probe).logits.float()
    assert (again - done.logits()).norm() / done.logits().norm() < 0.02, "LoRA's product is rounded to bfloat16"
    for place, name in ((2, "up.mp4"), (5, "down.mp4")):
        assert torch.equal(loaded.eyes.clip(media.folder, name).pixels, dataset[place]["image"])
