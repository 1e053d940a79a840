"""The sections of the examples page."""
