"""The tree of errors a user can cause; each message names the value, what was expected and the remedy.

XaaeError
├── CheckpointError
│   ├── NotACheckpointError      a pickle, an empty file, an unknown format
│   ├── DamagedCheckpointError   truncated, unreadable header, lengths that do not add up
│   └── WrongModelError          missing or unexpected keys, other shapes, an unknown kind
├── AutoencoderError             an encoder, a decoder and data that do not fit each other
├── ModelChoiceError             a model of the catalogue that does not take what it is given
├── EncoderContractError         an encoder that exposes no usable spatial feature maps
├── EncoderNotAllowedError       an encoder of a module that nobody allowed to import
├── PretrainedWeightsError       weights that could not be downloaded or read
├── CaseError
│   ├── ImageError               a picture that cannot or must not be opened
│   └── SignalError              a signal that cannot be read, or of a form that the model does not take
├── MaskError                    a mask that does not fit its picture, or outlines nothing
├── DatasetError                 a folder or table that cannot be trained on or shown
│   └── SignalDatasetError       signals of which none can be read, of different lengths or of no known rate
├── TrainingError                settings or data that training refuses before it starts
│   └── LostProcessError         another of the processes that train together has ended
├── LatentTableError             a table of latents that is damaged or belongs to another model
├── DirectionError               a target direction that cannot be fitted
├── ProjectionError              a map of the latent space that cannot be drawn
├── CohortError                  a choice of cases that does not fit the table
├── AttributionError             an output that cannot be explained by pixels
├── ExamplesError                training cases that cannot be compared with
├── DisentanglementError         codes and factors that cannot be held against each other
├── FigureError                  a figure that cannot be drawn so, or kept
├── ProvenanceError              a figure without a usable description of its making
├── ViewError                    a link or a saved session that names nothing that can be shown
├── NoDecoderError               a model that has no decoder is asked to draw
└── NoPriorError                 a model that has no prior is asked to make cases up
"""


class XaaeError(Exception):
    """Base of every error that the user can cause and mend."""


class CheckpointError(XaaeError):
    """A checkpoint cannot be opened or written."""


class NotACheckpointError(CheckpointError):
    """The file is not a format this tool opens (a pickle, an empty file, something else)."""


class DamagedCheckpointError(CheckpointError):
    """The file is of the right format but truncated or inconsistent."""


class WrongModelError(CheckpointError):
    """The weights belong to another model: keys, shapes or the kind do not fit."""


class AutoencoderError(XaaeError, ValueError):
    """An encoder and a decoder do not fit each other, or data do not fit both or their likelihood."""


class ModelChoiceError(XaaeError, ValueError):
    """A model of the catalogue is not known, or does not take the size, channels or settings it is given."""


class EncoderContractError(XaaeError):
    """An encoder does not expose spatial feature maps that shrink."""


class EncoderNotAllowedError(XaaeError):
    """An encoder is code of a module that the person who started the program did not allow."""


class PretrainedWeightsError(XaaeError):
    """Pretrained weights could not be downloaded or read."""


class CaseError(XaaeError):
    """A picture or a signal cannot be taken."""


class ImageError(CaseError):
    """A picture cannot or must not be opened."""


class SignalError(CaseError):
    """A signal cannot be read, or has another length, rate or channels than the model takes."""


class MaskError(XaaeError):
    """A mask does not fit its picture, or outlines nothing that a map could be held against."""


class DatasetError(XaaeError):
    """A folder or table cannot be trained on or shown."""


class SignalDatasetError(DatasetError, SignalError):
    """Signals that make no data set: none can be read, their lengths differ, or no sampling rate is known."""


class TrainingError(XaaeError):
    """Training refuses to start with these settings or data."""


class LostProcessError(TrainingError):
    """Another process of the training has ended; says why, where it could say it itself."""


class LatentTableError(XaaeError):
    """A table of latents is damaged or belongs to another model."""


class DirectionError(XaaeError):
    """A target direction cannot be fitted."""


class ProjectionError(XaaeError):
    """A map of the latent space cannot be made."""


class CohortError(XaaeError):
    """A choice of cases names columns, groups or numbers that the table does not have."""


class AttributionError(XaaeError):
    """The pixels cannot be asked for this output of this model."""


class ExamplesError(XaaeError):
    """A case cannot be explained by these training cases."""


class DisentanglementError(XaaeError, ValueError):
    """Codes and factors cannot be held against each other."""


class ProvenanceError(XaaeError):
    """A figure's description of its making is missing, damaged, of a newer version, or cannot be written."""


class FigureError(XaaeError, ValueError):
    """A figure cannot be drawn in this format, style or number, or its file cannot be read back."""


class ViewError(XaaeError):
    """A link, or a saved session, names a page, a model or settings that do not exist."""


class NoDecoderError(XaaeError):
    """A model without a decoder cannot draw pictures."""


class NoPriorError(XaaeError):
    """A model whose z were trained without a prior is asked for likely ones."""
