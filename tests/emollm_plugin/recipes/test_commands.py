import pytest

from emobench_data.schema.medium import Medium
from emobench_data.schema.questions import Question
from emollm_plugin.recipes.commands import align_command, eval_command, results_command, train_command

from ...conftest import STACK
from .conftest import CPU, filled, run_of


def host_words(made, **settings):
    """What is handed to the host's training under these settings."""
    base, data, run = made
    recipe = filled(STACK=STACK, **settings)
    words = train_command(recipe, base, data, CPU, run_of(run.folder, recipe))
    return words[words.index("llava.train.train") + 1 :]


def value(words, name):
    return words[words.index(f"--{name}") + 1]


@pytest.mark.host
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"TUNE": "lora", "SAVE_STEPS": "5"},
        {"TUNE": "projector", "PRETRAIN_PROJECTOR": "file"},
        {"TUNE": "qlora"},
        {"TUNE": "full", "ZERO": "none", "CHECKPOINTING": "1", "FRAME_CACHE": "f", "FEATURE_CACHE": "g"},
        {"VIDEOS": "clips", "SOUND": "1", "AUDIO_LAYER": "2"},
    ],
    ids=str,
)
def test_the_host_takes_every_flag_of_the_launcher_with_its_value(made, settings):
    """On the stack at hand: the two differ in flags, and in the values that a flag takes."""
    import transformers

    import emollm_plugin

    emollm_plugin.register()
    from llava.train import train as host

    parser = transformers.HfArgumentParser((host.ModelArguments, host.DataArguments, host.TrainingArguments))
    given = host_words(made, **settings)
    taken, unknown = parser.parse_known_args(given)
    assert unknown == [] and sum(word.startswith("--") for word in given) > 20
    assert 0.03 in (taken.warmup_steps, getattr(taken, "warmup_ratio", None))


def test_what_was_not_asked_for_is_left_to_training(made):
    words = host_words(made)
    assert not {"--too_long", "--faulty_media", "--frame_cache", "--gradient_checkpointing"} & set(words)
    asked = host_words(made, TOO_LONG="drop", FAULTY_MEDIA=".05")
    assert value(asked, "too_long") == "drop" and value(asked, "faulty_media") == "0.05"


def test_alignment_and_training_keep_encoded_pictures_in_one_folder(made):
    base, data, run = made
    words = align_command(filled(FEATURE_CACHE="kept", ALIGN=5), base, data, run.aligned)
    assert value(words, "feature-cache") == value(host_words(made, FEATURE_CACHE="kept"), "mm_feature_cache")
    assert "--feature-cache" not in align_command(filled(ALIGN=5), base, data, run.aligned)


def test_ears_are_asked_for_by_an_encoder_or_by_the_sound_of_clips(made):
    assert not any("audio" in word or "sound" in word for word in host_words(made))
    heard = host_words(made, VIDEOS="clips", SOUND=1)
    kinds = value(heard, "mm_audio_tower"), value(heard, "mm_audio_projector_type"), value(heard, "mm_video_sound")
    assert kinds == ("whisper_tiny_en", "multiperspective:tokens=16", "True") and "--mm_audio_select_layer" not in heard
    base, data, run = made
    asked = filled(AUDIO_TOWER="folder", AUDIO_LAYER=3, AUDIO_PROJECTOR="mlp2x_gelu", ALIGN=5)
    words = align_command(asked, base, data, run.aligned)
    assert (value(words, "audio-tower"), value(words, "audio-layer"), value(words, "audio-projector")) == (
        "folder",
        "3",
        "mlp2x_gelu",
    )
    assert "--mm_video_sound" not in host_words(made, AUDIO_TOWER="folder")


def test_what_is_tuned(made):
    lora = host_words(made, LORA_R=64, PROJECTOR_LR="3e-4")
    assert (value(lora, "lora_r"), value(lora, "lora_alpha"), value(lora, "mm_projector_lr")) == ("64", "128", "0.0003")
    projector = host_words(made, TUNE="projector", PROJECTOR_LR="3e-4")
    assert value(projector, "learning_rate") == "0.0003" and "--mm_projector_lr" not in projector
    assert value(host_words(made, TUNE="qlora"), "bits") == "4" and "--lora_enable" not in host_words(made, TUNE="full")
    assert "--deepspeed" not in host_words(made, ZERO="none")
    assert value(host_words(made, ZERO="3"), "deepspeed").endswith("zero3.json")


def test_training_starts_from_what_alignment_makes(made):
    base, data, run = made
    words = align_command(filled(), base, data, run.aligned)
    assert value(host_words(made), "pretrain_mm_mlp_adapter") == value(words, "out") == str(run.aligned)
    assert value(words, "layer") == "-3" and value(words, "residual") == "1" and value(words, "steps") == "300"
    assert "--pretrain_mm_mlp_adapter" not in host_words(made, ALIGN="0")


def test_evaluation_by_llavas_script_or_by_ours_where_there_are_clips(made):
    base, data, run = made
    picture = Question("1", "Which?", (Medium("image", "a.png"),))
    host = eval_command(filled(EVALUATOR="model_vqa_loader"), base, data, run, [picture])
    assert "llava.eval.model_vqa_loader" in host and value(host, "model-base") == "base"
    assert value(host, "max_new_tokens") == "16"
    reasoned = eval_command(filled(EVALUATOR="model_vqa_loader"), base, data, run, [picture._replace(form="steps")])
    assert value(reasoned, "max_new_tokens") == "192"
    ours = eval_command(filled(TUNE="full"), base, data, run, [picture])
    assert ours[3:5] == ["eval", str(run.checkpoint)] and "--model-base" not in ours


def test_a_rate_is_passed_on_as_it_was_given(made):
    base, data, run = made
    words = train_command(filled(LEARNING_RATE="0.000123456789"), base, data, CPU, run)
    assert value(words, "learning_rate") == "0.000123456789" and value(words, "mm_projector_lr") == "0.001"


def test_numbers_are_weighed_by_our_own_evaluator(made):
    base, data, run = made
    ours = eval_command(filled(NUMBERS="expectation"), base, data, run, [Question("1", "Which?", (Medium("image", "a.png"),))])
    assert ours[3] == "eval" and value(ours, "numbers") == "expectation"


def test_the_conditions_name_the_data(made):
    base, data, run = made
    words = results_command(filled(), base, data, CPU, run, "faces/train.json")
    assert "dataset=faces/train.json" in words and "learning_rate=0.0005" in words and "align=300" in words
