"""The sections of the maps page."""
