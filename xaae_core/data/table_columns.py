"""Which column of a table means what: named by the user, or recognised by its usual name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from xaae_core.errors import DatasetError

_USUAL: Mapping[str, tuple[str, ...]] = {
    "file": ("file", "filename", "file_name", "path", "filepath", "file_path", "image", "image_path"),
    "label": ("label", "class"),
    "label_name": ("label_name",),
    "split": ("split",),
    "mask": ("mask", "mask_file", "mask_path"),
    "patient": ("patient", "patient_id", "patientid", "subject", "subject_id"),
}


@dataclass(frozen=True, kw_only=True)
class TableColumns:
    """Names of a table's columns; None: the usual name, whatever its capitals.

    Attributes:
        file: path of each picture, relative to the table's folder.
        label: class, or the number that is learned.
        split: train, valid or test.
        mask: path of each picture's mask.
        patient: whose picture it is.
    """

    file: str | None = None
    label: str | None = None
    split: str | None = None
    mask: str | None = None
    patient: str | None = None

    def to_mapping(self) -> dict[str, str]:
        """The names that were given."""
        named = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {role: name for role, name in named.items() if name is not None}

    def find(self, header: Sequence[str], table: str, *, needs_label: bool = True) -> dict[str, str]:
        """Role (file, label, label_name, split, mask, patient) → column of a header, for those that are there.

        Args:
            header: names of the columns.
            table: what messages call it.
            needs_label: whether there must be a column for the labels.

        Raises:
            DatasetError: no column for the files or the labels, a named column that is missing, or one twice.
        """
        repeated = [name for name, count in Counter(header).items() if count > 1 and name]
        if repeated:
            raise DatasetError(f"{table} has the column {repeated[0]} twice: rename one of them")
        found = {role: self.column(role, header, table) for role in _USUAL}
        if self.label is not None and self.label != "label":
            found["label_name"] = None  # it names another column's classes
        missing = [role for role in ("file", "label") if found[role] is None and (needs_label or role == "file")]
        if missing:
            raise DatasetError(
                f"{table} has no column {' and no column '.join(missing)}; found: "
                f"{', '.join(filter(None, header)) or 'nothing'}; expected at least file and label in the first line, "
                f"or say which columns they are (--{missing[0]}-column NAME)"
            )
        return {role: name for role, name in found.items() if name is not None}

    def missing(self, header: Sequence[str], table: str) -> list[str]:
        """Of the roles file and label, those that no column of a header is named for.

        Raises:
            DatasetError: a named column is not there.
        """
        return [role for role in ("file", "label") if self.column(role, header, table) is None]

    def column(self, role: str, header: Sequence[str], table: str) -> str | None:
        """The column of a header that stands for a role; None without one.

        Raises:
            DatasetError: a named column is not there.
        """
        named = getattr(self, role, None)
        if named is not None:
            if named not in header:
                raise DatasetError(
                    f'{table} has no column "{named}" for the {role}; found: {", ".join(filter(None, header))}'
                )
            return str(named)
        by_name = {name.lower(): name for name in reversed(header)}
        return next((by_name[usual] for usual in _USUAL[role] if usual in by_name), None)
