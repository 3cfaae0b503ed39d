"""Planning: what a training needs, before it is run: memory, arithmetic, communication, disk. No weights are read."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .plan import Sample, make_plan

__getattr__ = handing_out(__name__, {"Sample": "plan", "make_plan": "plan"})

__all__ = ["Sample", "make_plan"]
