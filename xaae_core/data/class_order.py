"""Labels of a data set as positions in the classes of a model."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xaae_core.data.dataset import ImageDataset
from xaae_core.errors import DatasetError


def in_class_order(dataset: ImageDataset, classes: Sequence[str]) -> ImageDataset:
    """The data set with its labels counted in a model's classes, as its probabilities are.

    Args:
        dataset: may hold some of the classes only, in any order; one with numbers is left as it is.
        classes: the model's, in the order of its logits; of a model without a classifier none, and then the data set
            is left as it is.

    Raises:
        DatasetError: a class that the model does not know.
    """
    if not classes or dataset.classes == tuple(classes) or dataset.is_numeric:
        return dataset
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise DatasetError(
            f"{dataset.name} holds the class{'es' if len(unknown) > 1 else ''} {', '.join(unknown)}; the model knows "
            f"{', '.join(classes)}: name the folders (or label_name in labels.csv) as the model does"
        )
    positions = np.array([list(classes).index(name) for name in dataset.classes], np.int64)
    labels = positions[dataset.labels]
    labels.flags.writeable = False
    return replace(dataset, labels=labels, classes=tuple(classes))
