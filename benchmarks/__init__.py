"""Ratios within one run: what this project does against what a user would do otherwise. `make bench` runs all."""
