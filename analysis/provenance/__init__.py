"""How a figure was made, kept inside its file, and read from it again."""

from analysis.provenance.figure_files import FoundProvenance, embed_provenance, read_provenance
from analysis.provenance.provenance import Provenance

__all__ = ["FoundProvenance", "Provenance", "embed_provenance", "read_provenance"]
