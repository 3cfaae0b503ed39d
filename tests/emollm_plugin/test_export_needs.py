"""On the classic stack an export says what it needs, in one line."""

import pytest
from click.testing import CliRunner

from emollm_plugin.cli.commands import main
from emollm_plugin.compat.config import before_5


@pytest.mark.skipif(not before_5(), reason="this stack can export")
@pytest.mark.parametrize("command", ["export", "import"])
def test_it_needs_the_current_stack(command, tmp_path):
    done = CliRunner().invoke(main, [command, str(tmp_path), "--out", str(tmp_path / "hf")])
    assert done.exit_code == 2 and "needs transformers 5; use the current stack (STACK=current)" in done.output
