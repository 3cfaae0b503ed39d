"""EmoBench-mini: a small rendered EmoBench, free of licences, with all six sub-tasks, images and short clips (our design).

It proves the machinery. Pictures and words must be read together where a sub-task says so, but a drawing is no
photograph: claims on quality are made on real data.
"""

from .render import is_rendered, render_mini

__all__ = ["is_rendered", "render_mini"]
