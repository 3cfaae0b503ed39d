"""Draw the picture of docs/index.md: EmoBench-mini's six sub-tasks, one row each.

python benchmarks/emobench_mini_sheet.py benchmarks/figures/emobench_mini.jpg
"""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw

from emobench_data.building.convert import make_mini

COLUMNS, TILE, GAP, CAPTION = 6, 150, 8, 30


def draw(out: Path) -> None:
    """Render a small EmoBench-mini and write its training pictures with answers and captions to `out`."""
    with TemporaryDirectory() as folder:
        make_mini(Path(folder), train=36, test=36, seed=0)
        records = json.loads((Path(folder) / "train.json").read_text())
        rows = len(records) // COLUMNS
        sheet = Image.new("RGB", (COLUMNS * (TILE + GAP), rows * (TILE + CAPTION + GAP)), "white")
        pen = ImageDraw.Draw(sheet)
        for index, record in enumerate(records):
            x, y = index % COLUMNS * (TILE + GAP), index // COLUMNS * (TILE + CAPTION + GAP)
            with Image.open(Path(folder) / "media" / record["image"]) as image:
                sheet.paste(image.convert("RGB").resize((TILE, TILE)), (x, y))
            question, answer = (turn["value"] for turn in record["conversations"])
            pen.text((x, y + TILE + 2), f"{record['id'].split('/')[2]}: {answer}", fill="black")
            caption = re.search(r'Caption: "(.*?)"', question)
            pen.text((x, y + TILE + 15), caption.group(1)[:27] if caption else "", fill=(90, 90, 90))
        out.parent.mkdir(parents=True, exist_ok=True)
        sheet.save(out, quality=85)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
