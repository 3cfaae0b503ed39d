"""The simplest baseline: logistic regression on the frozen encoder's features, without projector and language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

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


def fit_and_answer(cell: Cell, flat: Callable[[Item], np.ndarray]) -> tuple[dict[str, str], float]:
    """Item id -> label for the cell's test items, and the training loss.

    What `flat` gives of an item, (C,), is standardized. The strength of regularization is the best of six in three folds of the
    training items, whose groups are kept together.
    """
    labels, groups = [item.answer for item in cell.train], [item.group for item in cell.train]
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    search = GridSearchCV(model, {"logisticregression__C": STRENGTHS}, cv=StratifiedGroupKFold(FOLDS))
    seen = np.stack([flat(item) for item in cell.train])
    search.fit(seen, labels, groups=groups)
    given = search.predict(np.stack([flat(item) for item in cell.test]))
    loss = log_loss(labels, search.predict_proba(seen), labels=search.classes_)
    return {item.id: str(label) for item, label in zip(cell.test, given)}, float(loss)


def by_cells(features: Mapping[str, Tensor], cells: int) -> Callable[[Item], np.ndarray]:
    """The patches of an item's picture, averaged to `cells` (a square grid) and laid side by side: (cells x C,)."""
    return partial(_by_cells, features, cells)


def _by_cells(features: Mapping[str, Tensor], cells: int, item: Item) -> np.ndarray:
    return pool(features[item.image][None].float(), cells).flatten().numpy()
