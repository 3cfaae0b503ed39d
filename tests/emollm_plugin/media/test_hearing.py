"""Sounds in the host's own data set, model and trainer, beside pictures, clips and text."""

import copy
import json
import shutil
import wave
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from emollm_plugin.checkpoints.inspection import inspect_folder
from emollm_plugin.checkpoints.merge import merge
from emollm_plugin.evaluation.predictor import Predictor
from emollm_plugin.media.hearing import NAME, Ears, heard, reader_of
from emollm_plugin.prompt.media import AUDIO_INDEX, IMAGE_INDEX

from ..training.test_modes import MODES, belongs
from ..trainings import finish, same, weights

pytestmark = pytest.mark.host

RATE = 16_000
TONES = {"high": (880, 0.4), "low": (110, 0.7)}
SOUND = "multiperspective:tokens=3,width=16"


def write_sound(path, hertz, seconds):
    times = np.arange(int(RATE * seconds)) / RATE
    samples = (0.4 * 32767 * np.sin(2 * np.pi * hertz * times)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())


def turns_of(signs, answer):
    return [{"from": "human", "value": f"{signs}Which emotion? joy sadness"}, {"from": "gpt", "value": answer}]


@pytest.fixture(scope="module")
def media(tiny):
    """Training data of pictures, text, sounds, and pictures with sound, in turn; `.records`, `.file`, `.folder`."""
    folder = tiny.root / "heard"
    shutil.copytree(tiny.data / "images", folder)
    for name, (hertz, seconds) in TONES.items():
        write_sound(folder / f"{name}.wav", hertz, seconds)
    pictures = json.loads((tiny.data / "train.json").read_text())
    records = []
    for index in range(4):
        name, answer = (("high", "joy"), ("low", "sadness"))[index % 2]
        audio = {"audio": f"{name}.wav"}
        records += [
            pictures[index],
            {"id": f"text-{index}", "conversations": turns_of("", answer)},
            {"id": f"sound-{index}", **audio, "conversations": turns_of("<audio>\n", answer)},
            {**pictures[index], "id": f"both-{index}", **audio, "conversations": turns_of("<image>\n<audio>\n", answer)},
        ]
    file = tiny.root / "heard.json"
    file.write_text(json.dumps(records))
    return SimpleNamespace(records=records, file=file, folder=folder)


@pytest.fixture(scope="module")
def hearing_model(llava_model, whisper):
    """A LLaVA model with an open, random projector of sound, in float32."""
    from emollm_plugin.media.hearing import give_ears

    model = copy.deepcopy(llava_model).float()
    config = model.config
    config.mm_audio_tower, config.mm_audio_select_layer, config.mm_audio_hidden_size = str(whisper), 1, 16
    config.mm_audio_projector_type, config.mm_video_sound, config.image_aspect_ratio = SOUND, False, "pad"
    torch.manual_seed(7)
    give_ears(model.get_model(), config)
    for read in getattr(model.get_model(), NAME).reads.values():
        read.to_value.open()
    return model.eval()


@pytest.fixture
def dataset(media, tiny, hearing_model):
    """The host's data set as its training makes it."""
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
    made.sounds = reader_of(hearing_model.config)
    yield made
    host.conversation_lib.default_conversation = before


def losses(model, dataset, indices):
    """The summed loss of each sample in one batch, by the host's forward, and how long each is."""
    from llava.train.train import DataCollatorForSupervisedDataset

    batch = DataCollatorForSupervisedDataset(tokenizer=dataset.tokenizer)([dataset[index] for index in indices])
    model.train()  # every kind of medium takes part in every step; nothing of these models is dropped out
    with torch.no_grad():
        prepared = model.prepare_inputs_labels_for_multimodal(
            batch["input_ids"],
            None,
            batch["attention_mask"],
            None,
            batch["labels"],
            batch["images"],
            sounds=batch.get("sounds"),
        )
        model.eval()
        _, positions, mask, _, embeddings, labels = prepared
        logits = model(inputs_embeds=embeddings, attention_mask=mask, position_ids=positions).logits
    each = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), labels[:, 1:], reduction="none")
    return each.sum(1), mask.sum(1)


def test_a_sound_stands_where_its_sign_does_behind_the_picture(dataset):
    both, alone, text = dataset[3], dataset[2], dataset[1]
    assert [token for token in both["input_ids"].tolist() if token < 0] == [IMAGE_INDEX, AUDIO_INDEX]
    assert [token for token in alone["input_ids"].tolist() if token < 0] == [AUDIO_INDEX]
    assert both["image"].shape == (3, 28, 28) and alone["image"].shape == (0, 3, 28, 28)
    assert both["sounds"][0].spectrum.shape == (80, 40) and "sounds" not in text
    for sample in (both, alone):
        assert dataset.tokenizer.decode(sample["labels"][sample["labels"] != -100]).startswith("joy")


@pytest.mark.parametrize("indices", [[0, 1, 2, 3], [2, 6], [1, 5], [7, 0]], ids=["all kinds", "sounds", "texts", "pictures"])
def test_a_mixed_batch_says_what_its_samples_say_alone(dataset, hearing_model, indices):
    together, lengths = losses(hearing_model, dataset, indices)
    alone = [losses(hearing_model, dataset, [index]) for index in indices]
    assert torch.allclose(together, torch.cat([loss for loss, _ in alone]), rtol=1e-4)
    assert lengths.tolist() == [int(length) for _, length in alone]
    # Four tokens stand for a picture, three for a sound.
    if 3 in indices:
        assert lengths[indices.index(3)] == len(dataset[3]["input_ids"]) - 2 + 4 + 3


def test_what_is_heard_changes_the_answer_and_comes_from_the_projector(dataset, hearing_model):
    loss = losses(hearing_model, dataset, [2])[0]
    sample = dataset[6]
    dataset.list_data_dict = [{**dataset.list_data_dict[2], "audio": "low.wav"}]
    assert not torch.allclose(losses(hearing_model, dataset, [0])[0], loss, rtol=1e-3)
    positions = Ears(hearing_model.config).encode(sample["sounds"], torch.zeros(1))
    assert positions[0].shape == (35, 16)
    wanted = getattr(hearing_model.get_model(), NAME)(positions)
    assert torch.allclose(heard(hearing_model, sample["sounds"])[0], wanted, atol=1e-6)


def test_the_question_of_evaluation_is_that_of_training(dataset, hearing_model, media):
    from llava.conversation import conv_templates

    predictor = Predictor(
        tokenizer=dataset.tokenizer,
        model=hearing_model,
        image_processor=dataset.data_args.image_processor,
        conv=conv_templates["emoprompt_chatml"].copy(),
    )
    for index, picture in ((2, None), (3, media.folder / "0.png")):
        asked = predictor.ask(picture, "Which emotion? joy sadness", sound=media.folder / "high.wav")
        sample = dataset[index]
        trained = sample["input_ids"][sample["labels"] == -100].tolist()
        assert asked.ids == trained[: len(asked.ids)]
        # And so are the numbers, by the host's forward and by our own reading.
        read = predictor.reader.read(predictor._prompts([asked]))
        said = predictor.reader.log_probabilities(read, [predictor.prompter.answer_ids("joy")])
        assert said.item() == pytest.approx(-losses(hearing_model, dataset, [index])[0].item(), abs=1e-3)
    together = [predictor.ask(None, "Which emotion? joy sadness", sound=media.folder / f"{name}.wav") for name in TONES]
    together.append(predictor.ask(media.folder / "0.png", "Which emotion? joy sadness"))
    at_once = predictor.probabilities_batch(together, [["joy", "sadness"]] * 3)
    one_by_one = [predictor.probabilities_batch([each], [["joy", "sadness"]])[0] for each in together]
    for one, other in zip(at_once, one_by_one):
        assert one == pytest.approx(other, abs=1e-4)
    assert at_once[0] != at_once[1]


@pytest.fixture
def hearing_arguments(media, whisper, train_arguments):
    """A function: arguments of a training on all kinds of media."""

    def build(mode, **more):
        return train_arguments(
            data_path=media.file,
            image_folder=media.folder,
            mm_audio_tower=whisper,
            mm_audio_select_layer=1,
            mm_audio_projector_type=SOUND,
            per_device_train_batch_size=2,
            max_steps=6,
            image_aspect_ratio="pad",
            **MODES[mode],
            **more,
        )

    return build


@pytest.mark.parametrize(("zero", "mode"), [("2", "full"), ("3", "projector")])
def test_two_ranks_train_whatever_their_batches_hold(hearing_arguments, media, tmp_path, zero, mode):
    """Batches of two of four kinds in a seeded order: sounds come on one rank only, too. The checkpoint hears."""
    done = finish(hearing_arguments(mode), out=tmp_path / "llava-out", zero=zero, ranks=2)
    trained = done.parameters("trained")
    assert trained == {name for name in json.loads(done.notes.read_text())["moved"] if belongs(name, mode) or NAME in name}
    assert sum(f"{NAME}." in name for name in trained) == 2 + 4 + 3 * 4 + 3 * 5
    assert done.parameters("moved") == trained
    assert len(done.curve()) == 6 and all(loss > 0 for _, loss in done.curve())
    config = json.loads((done.out / "config.json").read_text())
    assert config["mm_audio_projector_type"] == "multiperspective:perspectives=tone+change+course,tokens=3,width=16"
    loaded = Predictor.load(str(done.out))
    asked = loaded.ask(None, "Which emotion? joy sadness", sound=media.folder / "high.wav")
    assert loaded.answer_batch([asked])


def test_a_run_that_was_stopped_goes_on_and_its_adapter_is_merged(hearing_arguments, media, tmp_path):
    out = tmp_path / "llava-lora"
    arguments = hearing_arguments("lora", output_dir=out, save_strategy="steps", save_steps=4)
    done = finish(arguments, out=out)
    assert {name for name in done.parameters("moved") if NAME in name} == {
        name for name in done.parameters("trained") if NAME in name
    }
    curve, final = done.curve(), weights(out)
    for path in out.iterdir():
        if path.name != "checkpoint-4":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert any(f"{NAME}." in name for name in weights(out / "checkpoint-4"))
    assert finish(arguments, out=out).curve() == curve and same(weights(out), final)
    described = inspect_folder(out)
    assert described["audio_projector_parameters"] > 0 and described["hears_clips"] is False
    answers = []
    for folder in (out, merge(out, tmp_path / "merged")):
        loaded = Predictor.load(str(folder))
        asked = loaded.ask(None, "Which emotion? joy sadness", sound=media.folder / "high.wav")
        answers.append(loaded.probabilities_batch([asked], [["joy", "sadness"]])[0])
    assert answers[0] == pytest.approx(answers[1], abs=0.02)
