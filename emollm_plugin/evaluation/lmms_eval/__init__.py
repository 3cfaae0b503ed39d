"""The plug-in's checkpoints as a model of lmms-eval 0.7, under the name `emollm` (entry point `lmms_eval.models`)."""


def manifest():
    """What lmms-eval reads to know the model; it imports the class when the model is asked for."""
    from lmms_eval.models.registry_v2 import ModelManifest

    return ModelManifest("emollm", simple_class_path=f"{__name__}.model.EmoLLM")
