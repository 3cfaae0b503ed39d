"""EmoBench as tasks of lmms-eval 0.7: the folder for its `--include_path`.

A task reads the questions, gold and media that `mini`, `convert` or `build` wrote; `emobench_data.scoring` scores it.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
STEPS = "_steps"  # ends the names of the tasks that ask what the question file asks
