"""Padding is what lies behind a sample's end, whatever token stands there."""

from types import SimpleNamespace

import pytest
import torch

from emollm_plugin.training.collate import padded_by_length

END = 2
SAMPLES = [([5, 6, END, 7, END], [-100, 6, END, 7, END]), ([5, END], [-100, END])]


def collate(tokenizer, **more):
    samples = [{"input_ids": torch.tensor(ids), "labels": torch.tensor(labels), **more} for ids, labels in SAMPLES]
    return padded_by_length(None)(SimpleNamespace(tokenizer=tokenizer), samples)


@pytest.mark.parametrize("pad", [None, 0, END, 5], ids=["none", "own", "the end of an answer", "the first token"])
def test_every_token_of_a_sample_stays_whatever_the_pad_token_is(pad):
    batch = collate(SimpleNamespace(pad_token_id=pad, model_max_length=64))
    for row, (ids, labels) in enumerate(SAMPLES):
        seen = batch["attention_mask"][row]
        assert batch["input_ids"][row][seen].tolist() == ids
        assert batch["labels"][row][seen].tolist() == labels
        assert set(batch["labels"][row][~seen].tolist()) <= {-100}


def test_samples_are_cut_at_the_models_length_and_images_are_stacked():
    image = torch.zeros(3, 4, 4)
    batch = collate(SimpleNamespace(pad_token_id=None, model_max_length=3), image=image)
    assert batch["input_ids"].shape == batch["labels"].shape == batch["attention_mask"].shape == (2, 3)
    assert batch["images"].shape == (2, 3, 4, 4)


def test_a_text_among_pictures_has_none_and_a_batch_of_texts_one_blank():
    """The host encodes a blank picture for each text and takes nothing of it."""
    make = padded_by_length(None)
    own = SimpleNamespace(tokenizer=SimpleNamespace(pad_token_id=None, model_max_length=8))
    ids, none, picture = torch.tensor([5, END]), torch.zeros(0, 3, 4, 4), torch.ones(3, 4, 4)

    def images(*given):
        return make(own, [{"input_ids": ids, "labels": ids, "image": image} for image in given])["images"]

    assert [len(image) for image in images(picture, none, picture)] == [3, 0, 3]
    assert [tuple(image.shape) for image in images(none, none)] == [(1, 3, 4, 4), (0, 3, 4, 4)]
    assert not images(none, none)[0].any()
    assert images(picture, picture).shape == (2, 3, 4, 4)


@pytest.mark.host
def test_it_equals_the_hosts_where_the_host_is_right():
    import emollm_plugin

    emollm_plugin.register()
    from llava.train.train import DataCollatorForSupervisedDataset

    tokenizer = SimpleNamespace(pad_token_id=0, model_max_length=64)
    ours = DataCollatorForSupervisedDataset(tokenizer=tokenizer)
    samples = [{"input_ids": torch.tensor(ids), "labels": torch.tensor(labels)} for ids, labels in SAMPLES]
    theirs = DataCollatorForSupervisedDataset.__call__.__wrapped__
    for key, value in theirs(ours, samples).items():
        assert torch.equal(ours(samples)[key], value), key
