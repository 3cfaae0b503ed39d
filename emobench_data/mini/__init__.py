"""EmoBench-mini: a small rendered EmoBench, free of licences (our design).

It has all six sub-tasks, pictures and short clips, and proves the machinery. Pictures and words must be read together
where a sub-task says so, but a drawing is no photograph: claims on quality are made on real data.
"""

from .render import check_size, is_rendered, render_mini

__all__ = ["check_size", "is_rendered", "render_mini"]
