"""lfxai's experiments, each a question that real data answers, with what was wrong in its scripts mended.

Source: Crabbé & van der Schaar 2022, "Label-Free Explainability for Unsupervised Models".
"""
