"""The parts of the attributions page."""
