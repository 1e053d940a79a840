"""What the labels of a data set may be: classes, a measured number, or grades in an order."""

from typing import Literal

Task = Literal["classes", "continuous", "ordinal"]
TaskWish = Literal["auto", "classes", "continuous", "ordinal"]
TASKS: tuple[TaskWish, ...] = ("auto", "classes", "continuous", "ordinal")
