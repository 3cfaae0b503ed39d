"""Another package adds a projector, a perspective and a tower by entry points, and what is wrong with some is said."""

from ..emobench_data.foreign import install, page_files, run

POINTS = {
    "emollm_plugin.projectors": {"line": "strangers:line", "torn": "strangers:torn"},
    "emollm_plugin.perspectives": {"mean": "strangers:mean", "objects": "strangers:mean"},
    "emollm_plugin.towers": {"eye": "strangers:squares", "blind": "strangers:POINTS"},
}
USE = """
from types import SimpleNamespace
import pytest, torch
from emobench_data.io.errors import InputError
from emollm_plugin.projector import build
from emollm_plugin.registry import PROJECTORS
from emollm_plugin.towers import builder_of, check_tower

def config(kind):
    return SimpleNamespace(mm_projector_type=kind, mm_hidden_size=8, hidden_size=12)

ours = build(config("multiperspective:perspectives=layout+mean,width=16"))
assert list(ours.perspectives) == ["layout", "mean"], list(ours.perspectives)
patches = torch.randn(2, 16, 8)
assert torch.equal(ours(patches), ours.content(patches))
copy = build(config("multiperspective:perspectives=layout+mean,width=16"))
copy.load_state_dict(ours.state_dict())
with pytest.raises(InputError, match="unknown perspective 'sound'; known: .*change, mean, or none alone"):
    build(config("multiperspective:perspectives=sound"))
assert "line" in PROJECTORS and PROJECTORS.get("line")(config("line"))(patches).shape == (2, 16, 12)
eye = builder_of("eye")("eye", None)
check_tower(eye, SimpleNamespace(mm_hidden_size=3))
assert eye(torch.rand(2, 3, 32, 32)).shape == (2, eye.num_patches, eye.hidden_size) == (2, 16, *eye.dummy_feature.shape[1:])
for wrong in (lambda: PROJECTORS.get("torn"), lambda: builder_of("blind")):
    with pytest.raises(InputError, match="of the package strangers.*cannot be loaded"):
        wrong()
"""


def test_one_of_each(tmp_path):
    done = run(install(tmp_path / "packages", page_files()["extra_models.py"], POINTS), "-c", USE)
    assert done.returncode == 0, done.stderr
    told = sorted(line.split(" (")[0] for line in done.stderr.splitlines() if "strangers" in line)
    assert told == ["perspective 'objects'", "projector type 'torn'", "vision tower 'blind'"]
    assert "has a name that is taken" in done.stderr
