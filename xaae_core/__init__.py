"""Models, losses, data and training of xAAEnet; knows nothing of analyses and pages."""

__version__ = "0.1.0"
