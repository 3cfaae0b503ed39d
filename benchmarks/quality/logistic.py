"""The simplest baseline: logistic regression on the frozen encoder's features, without projector and language model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from emollm_plugin.projector.grid import pool

from .data import Cell, Item

FOLDS = 3
STRENGTHS = [10.0**power for power in range(-5, 1)]


def fit_and_answer(cell: Cell, features: Mapping[str, Tensor], cells: int) -> tuple[dict[str, str], float]:
    """Item id -> label for the cell's test items, and the training loss.

    Features are averaged to `cells` (a square grid), laid side by side and standardized. The strength of regularization is the
    best of six in three folds of the training items, whose groups are kept together.
    """
    labels, groups = [item.answer for item in cell.train], [item.group for item in cell.train]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    search = GridSearchCV(model, {"logisticregression__C": STRENGTHS}, cv=StratifiedGroupKFold(FOLDS))
    seen = _flat(features, cell.train, cells)
    search.fit(seen, labels, groups=groups)
    given = search.predict(_flat(features, cell.test, cells))
    loss = log_loss(labels, search.predict_proba(seen), labels=search.classes_)
    return {item.id: str(label) for item, label in zip(cell.test, given)}, float(loss)


def _flat(features: Mapping[str, Tensor], items: list[Item], cells: int) -> np.ndarray:
    """(B, cells x C)."""
    return np.stack([pool(features[item.image][None].float(), cells).flatten().numpy() for item in items])
