"""The real data sets at hand against what a complete copy has."""

import pytest

from emobench_data.sources import Skips, all_sources, get_source

# Folder -> data set, and where the part of it that lies there has fewer items than a complete copy.
PARTS = {
    "emodb": ("emodb", []),
    "ravdess_speech": ("ravdess", ["03-01: 960 of 1,440"]),
    "emobank": ("emobank", ["test: 0 of 1,000"]),
    "fer2013": ("fer2013", ["train: 6,389 of 28,709", "val: 3,543 of 3,589", "test: 0 of 3,589"]),
    "intentonomy": ("intentonomy", []),
    "mintrec": ("mintrec", []),
    "mustard": ("mustard", []),
    "oasis_pixabay": ("oasis", ["all: 615 of 900"]),
    "semeval2018": ("semeval2018", []),
}


@pytest.mark.parametrize("folder", PARTS)
def test_what_is_missing_of_a_copy_is_known(shared_data, folder):
    name, gaps = PARTS[folder]
    source, skips = get_source(name), Skips()
    records = list(source.records(shared_data / folder, skips))
    assert source.gaps(records) == [f"{gap} items that a complete copy has" for gap in gaps] and not skips.counts
    assert {other for other in all_sources() if get_source(other).found(shared_data / folder)} == {name}
