"""Training around the host's `train()`: checked before, right in its loss, saved whole, resumed."""

from typing import TYPE_CHECKING

from emobench_data.io.lazy import handing_out

if TYPE_CHECKING:
    from .attention import supported_attention
    from .loss import answer_loss
    from .preflight import Plan
    from .records import load_records

__getattr__ = handing_out(
    __name__,
    {"answer_loss": "loss", "load_records": "records", "Plan": "preflight", "supported_attention": "attention"},
)

__all__ = ["Plan", "answer_loss", "load_records", "supported_attention"]
