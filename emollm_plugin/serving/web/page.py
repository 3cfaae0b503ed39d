"""The page of `emollm serve`, for what `emollm ask` and `emollm explain` do."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from emobench_data.media.video import SUFFIXES
from emobench_data.media.video.stills import FRAME_SUFFIXES

from .answers import EMOTION, LONGEST, answer, preview
from .examples import Example, write_examples

if TYPE_CHECKING:
    import gradio

OPEN = "Emotion, open question"  # Emo-O
KEPT = 600  # seconds that uploads are kept
NOT_FOR = """## What not to use it for

**It does not know what a person feels.** It says which label people, or programs, gave to similar pictures and words. Its
certainty is no measure of truth. Do not use it

- to decide about a person: work, school, credit, insurance, police, border, court, asylum;
- for diagnosis, therapy or crisis support;
- to watch people who do not know it, or did not agree;
- to remove posts, or to punish who wrote them, without a person who looks.

The European Union forbids to infer emotions of people at work and in education (Regulation (EU) 2024/1689, Article 5(1)(f)).
More is on the page "Responsible use" of this project's documentation."""


def make_page(predictor: Any, labels: Sequence[str] | None, turn: Lock, folder: Path) -> gradio.Blocks:
    """The page, not yet running.

    Args:
        turn: held by whoever asks the model.
        folder: in which the examples are drawn.
    """
    import gradio

    from ..ask import learned

    tasks, hears = choices(predictor.model.config), predictor.eyes.ears is not None
    what = "picture, clip or voice" if hears else "picture or clip"
    intro = f"# EmoLLM\nWhich emotion does a {what} show or evoke? A model answers, often wrongly. "
    with gradio.Blocks(analytics_enabled=False, title="EmoLLM", delete_cache=(KEPT, KEPT)) as page:
        gradio.Markdown(f"{intro}It was trained on: {learned(predictor.model.config)}.")
        gradio.Markdown(NOT_FOR)
        with gradio.Row():
            with gradio.Column():
                given, button = _questions(write_examples(folder, tasks, hears=hears), tasks, hears=hears)
            with gradio.Column(elem_id="answer"):
                shown = _fields()
        medium, voice = given[0], given[-1]
        heard = [voice] if hears else []
        for one in (medium, *heard):
            one.change(partial(preview, predictor), [medium, *heard], shown, api_name="preview", show_progress_on=shown[0])

        def asked(path, question, task, words, draw, audio=None):
            return answer(predictor, turn, path, question, labels, task, words, draw, audio)

        pressed = [button.click, given[1].submit, given[3].submit]
        gradio.on(pressed, None, js="() => document.getElementById('answer').scrollIntoView()", api_visibility="private")
        gradio.on(pressed, asked, [*given[:-1], *heard], shown, api_name="ask", show_progress_on=shown[0])
    return page


def choices(config: Any) -> dict[str, str]:
    """What may be asked for, title -> name: an emotion, and the sub-tasks that a model has learned beside Emo-C."""
    from emobench_data.schema.tasks import get_task, in_order

    from ...checkpoints.notes import OWN, sub_tasks

    others = [name for name in in_order(sub_tasks(config)) if name not in ("emo_c", OWN)]
    return {"Emotion": EMOTION, **{OPEN if name == "emo_o" else get_task(name).title: name for name in others}}


def _questions(examples: Sequence[Example], tasks: dict[str, str], *, hears: bool) -> tuple[list[Any], Any]:
    """The fields in which one asks, in the order that `answer` takes them, the voice last; and the button."""
    import gradio

    gradio.Markdown("## Ask\nExamples, drawn by a program:")
    with gradio.Row(elem_id="examples"):
        buttons = [gradio.Button(one.name, icon=_icon(one), size="sm") for one in examples]
    endings = [*FRAME_SUFFIXES, *SUFFIXES]
    medium = gradio.File(label="Picture or clip", file_types=endings, type="filepath", height=160)
    with gradio.Accordion("Take a picture with the webcam", open=False):
        webcam = gradio.Image(label="Webcam", sources=["webcam"], type="filepath", buttons=[])
    voice = gradio.Audio(label="Voice", sources=["microphone", "upload"], type="filepath", visible=hears)
    several = len(tasks) > 1
    task = gradio.Radio(label="Sub-task", choices=[*tasks.items()], value=EMOTION, visible=several)
    words = gradio.Textbox(label="Words that belong to it, such as its caption", max_length=LONGEST, visible=several)
    when = "optional, with the sub-task Emotion" if several else "optional"
    question = gradio.Textbox(label=f"A question of your own ({when})", max_length=LONGEST)
    draw = gradio.Checkbox(label="Draw what each perspective attended to", value=True)
    button = gradio.Button("Ask", variant="primary")
    for one, example in zip(buttons, examples):
        one.click(partial(_chosen, example, hears), None, [medium, voice, task, words] if hears else [medium, task, words])
    # As it came; Gradio would open it with Pillow, in every format that there is.
    setattr(webcam, "preprocess", lambda payload: payload and payload.path)  # noqa: B010 (of this component alone)
    webcam.change(lambda path: (path, None) if path else (gradio.skip(), gradio.skip()), webcam, [medium, webcam])
    for upload in (medium, webcam, voice):
        setattr(upload, "async_move_resource_to_block_cache", _local_only(upload.async_move_resource_to_block_cache))  # noqa: B010
    return [medium, question, task, words, draw, voice], button


def _fields() -> list[Any]:
    """The fields of `Shown`."""
    import gradio

    gradio.Markdown("## Answer")
    said = gradio.HTML("<p>Choose an example, or a file of your own. Then press Ask.</p>", elem_id="said")
    seen = gradio.Image(
        label="What the model sees or hears", interactive=False, buttons=[], height=240, alt_text="What the model sees or hears"
    )
    shares = gradio.Label(label="Probabilities")
    why = gradio.Textbox(label="Steps, or reasons", interactive=False, placeholder=" ")
    own = gradio.Textbox(label="Answer to your question", interactive=False, placeholder=" ")
    alt = "Maps of what each perspective attended to; in words below"
    drawn = gradio.Image(label="What each perspective attended to", interactive=False, buttons=["fullscreen"], alt_text=alt)
    attended = gradio.Textbox(label="The same in words", interactive=False, placeholder=" ")
    return [said, seen, shares, why, own, drawn, attended]


def _icon(example: Example) -> Path | None:
    return example.file if example.file.suffix == ".png" else None


def _chosen(example: Example, hears: bool) -> tuple[Any, ...]:
    """The example in the fields picture, voice where there is that, sub-task and words."""
    path, alone = str(example.file), example.file.suffix == ".wav"
    voice = (path if alone else None,) if hears else ()
    return (None if alone else path, *voice, example.task, example.words)


def _local_only(move):
    """Gradio fetches a file that a caller names by web address; this refuses it."""

    async def moved(path: str | Path | None) -> str | None:
        if "://" in str(path):
            import gradio

            raise gradio.Error("Upload the file; web addresses are not fetched.", print_exception=False)
        return await move(path)

    return moved
