"""A DICOM study of invented patients, whose names stand in every tag and in the names of files and folders."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian

SIDE = 48
SURNAME, FORENAME = "Zyxwolski", "Adelheid"
TAGS = {
    "PatientName": "Zyxwolski^Adelheid^Quirina",
    "PatientID": "PATNO83926451",
    "PatientBirthDate": "19371109",
    "AccessionNumber": "ACCNR5520917",
    "InstitutionName": "Klinikum Quarzhausen",
    "InstitutionAddress": "Nebelgasse 17, Quarzhausen",
    "ReferringPhysicianName": "Brömmelkamp^Wendelin",
    "StudyDescription": "Thorax Vorhautberg Nachkontrolle",
    "SeriesDescription": "Serie Knarzbach liegend",
    "StudyID": "STUDIENR-7719",
    "OtherPatientIDs": "ALTNR-443019",
    "PatientComments": "wohnt am Mühlenteich 3",
    "StudyInstanceUID": "1.2.826.0.1.3680043.8.498.771923300117",
    "SeriesInstanceUID": "1.2.826.0.1.3680043.8.498.771923300118",
}
"""Text of every tag that says something of a person; UIDs and numbers end with the case's number."""
PRIVATE = "Privatnotiz Federbusch"
FILE_WORDS = (SURNAME, FORENAME)
"""What no figure, link or log may hold of the names of files and folders."""
_PER_CASE = ("PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID")


@dataclass(frozen=True)
class PatientFolder:
    """Where the study lies.

    Attributes:
        root: with labels.csv.
        files: the pictures, relative to it; the ids of the cases.
    """

    root: Path
    files: tuple[str, ...]

    def tag_texts(self) -> tuple[str, ...]:
        """Every text of a tag, and its parts that would tell as much."""
        names = TAGS["PatientName"], TAGS["ReferringPhysicianName"]
        parts = [name.replace("^", " ") for name in names] + [name.replace("^", ", ") for name in names]
        return (*TAGS.values(), *parts, "Quirina", "Brömmelkamp", "Quarzhausen", "1937-11-09", PRIVATE)


def write_patients(folder: Path, *, per_class: int = 14) -> PatientFolder:
    """Write the study: a noisy square whose brightness is the class, a folder for each patient, masks, labels.csv."""
    rng = np.random.default_rng(0)
    rows = list(_rows(per_class))
    for number, (name, label) in enumerate(rows):
        pixels = rng.integers(0, 600, size=(SIDE, SIDE))
        pixels[12:36, 12:36] += 2400 if label == "nodule" else 700
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _dicom(pixels.astype(np.uint16), number).save_as(path, enforce_file_format=True)
        _write_mask(folder / _mask_of(name))
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["file", "label", "split", "mask", "score"])
        for number, (name, label) in enumerate(rows):
            split = ("train", "train", "valid", "test")[number // 2 % 4]
            table.writerow([name, label, split, _mask_of(name), f"{number / 7:.3f}"])
    return PatientFolder(folder, tuple(name for name, _ in rows))


def _rows(per_class: int) -> Iterator[tuple[str, str]]:
    for number in range(2 * per_class):
        name = f"{SURNAME} {FORENAME} {number:02}/{SURNAME.lower()}_{FORENAME.lower()}_{number:02}.dcm"
        yield name, ("nodule", "clear")[number % 2]


def _mask_of(name: str) -> str:
    return name.replace(".dcm", "_mask.png")


def _write_mask(path: Path) -> None:
    from PIL import Image

    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[12:36, 12:36] = 255
    Image.fromarray(mask).save(path)


def _dicom(pixels: NDArray[np.uint16], number: int) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.1.1"
    meta.MediaStorageSOPInstanceUID = f"{TAGS['StudyInstanceUID']}.9.{number + 1}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    case = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    case.SpecificCharacterSet = "ISO_IR 192"
    for tag, text in TAGS.items():
        ending = f".{number + 1}" if tag.endswith("UID") else f"{number:02}" if tag in _PER_CASE else ""
        setattr(case, tag, text + ending)
    case.SOPClassUID, case.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    case.Modality, case.Rows, case.Columns = "DX", *pixels.shape
    case.SamplesPerPixel, case.PhotometricInterpretation, case.PixelRepresentation = 1, "MONOCHROME2", 0
    case.BitsAllocated, case.BitsStored, case.HighBit = 16, 12, 11
    case.private_block(0x0011, "HOUSE 1", create=True).add_new(0x01, "LO", PRIVATE)
    case.RequestAttributesSequence = Sequence([])
    case.PixelData = pixels.tobytes()
    return case
