"""A made-up data set of pictures to convert."""

from emobench_data.sources import Source

from .make import record, write_picture


def made_up(*records, skip=0):
    def read(root, skips):
        for number in range(skip):
            skips.add(f"rows.csv, line {number + 1}", "no label")
        yield from records

    return Source(
        name="made_up",
        title="Made up",
        homepage="",
        licence="none",
        citation="nobody",
        obtain="make it up",
        tasks=("sarcasm",),
        labels={},
        markers=("pictures",),
        read=read,
    )


def write_root(root):
    """The pictures of `twenty` records, no two the same."""
    for i in range(20):
        write_picture(root / f"pictures/{i}.jpg", colour=(10 * i, 30, 30))
    return root


def twenty(**changes):
    """One Yes for one No."""
    return [record(item=str(i), media=f"pictures/{i}.jpg", answer=("Yes", "No")[i % 2], **changes) for i in range(20)]


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
