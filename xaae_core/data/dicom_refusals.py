"""Why a DICOM file without a picture has none, in words that name what it is and nothing of the patient."""

from typing import BinaryIO

from xaae_core.data.damage import element_damage_reported
from xaae_core.data.dicom_header import DicomHeader
from xaae_core.errors import ImageError

_ENVELOPED = bytes.fromhex("06092a864886f70d0107")  # object identifier of PKCS #7 contents, in DER
_DISC_INDEX = "1.2.840.10008.1.3.10"
_IMAGE = " Image Storage"  # how the standard's names of pictures end
_MOST_OF_A_LIST = 4096  # elements looked at to say what a file is


def is_enveloped(start: bytes) -> bool:
    """Whether the first bytes of a file are those of a cryptographic envelope (PS3.15 annex D, RFC 5652)."""
    return start[:1] == b"\x30" and _ENVELOPED in start[:64]


def enveloped_error(name: str) -> ImageError:
    """The refusal of a file in a cryptographic envelope."""
    return ImageError(f"{name}: the file is encrypted or signed as a whole: open its envelope first, with its key")


def no_pixels_error(header: DicomHeader) -> ImageError:
    """The refusal of a DICOM file without pixel data; says what it is instead."""
    name, sop_class = header.name, _sop_class(header)
    if sop_class == _DISC_INDEX:
        return ImageError(f"{name}: a DICOMDIR is the index of a disc, no picture: open the files it lists")
    if header.elements.get_item("EncryptedAttributesSequence") is not None:
        return ImageError(f"{name}: its contents are encrypted and there are no pixels outside: decrypt it first")
    kind = _class_name(sop_class)
    if kind.endswith(_IMAGE):
        return ImageError(
            f"{name}: it is a DICOM {kind.removesuffix(_IMAGE)} image without its pixel data, cut off or taken out: "
            "copy or export it again"
        )
    if kind:
        return ImageError(f"{name}: it holds no pixel data; it is a DICOM object of the kind {kind}: leave it out")
    n_known, n_private = _count_elements(header.stream, name)
    if header.is_marked and not n_known + n_private:
        return ImageError(f"{name}: the file is damaged or truncated (it has no elements): copy it again")
    if n_private and not n_known:
        return ImageError(f"{name}: it holds private elements only ({n_private}), no picture: leave it out")
    if not n_known:
        return ImageError(f"{name}: it is not DICOM: none of its elements is known: check what the file is")
    return ImageError(f"{name}: it is DICOM without pixel data, and does not say what it is: leave it out")


def _sop_class(header: DicomHeader) -> str:
    """UID of what the object is, by its own element or by the file's; "" without either."""
    with element_damage_reported(header.name, "SOPClassUID"):
        meta = getattr(header.elements, "file_meta", None)
        return str(header.elements.get("SOPClassUID") or (meta or {}).get("MediaStorageSOPClassUID") or "")


def _class_name(sop_class: str) -> str:
    """Its name in the standard; "" for what is not in it, which could be anything."""
    from pydicom.uid import UID

    name = UID(sop_class).name  # of an unknown one: itself
    return "" if name == sop_class else name


def _count_elements(stream: BinaryIO, name: str) -> tuple[int, int]:
    """Number of elements that the standard knows, and of private ones."""
    from pydicom.datadict import dictionary_has_tag
    from pydicom.filereader import read_partial

    with element_damage_reported(name, "its header"):
        stream.seek(0)
        found = list(read_partial(stream, force=True, defer_size=1024).keys())[:_MOST_OF_A_LIST]
        tags = [int(tag) for tag in found]
    n_private = sum(tag >> 16 & 1 for tag in tags)
    return sum(dictionary_has_tag(tag) and tag & 0xFFFF != 0 for tag in tags), n_private
