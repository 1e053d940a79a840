"""The sections of the train page: choose, check, start, watch."""
