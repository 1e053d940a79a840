"""Directions, traversals, trust, figures: dataclasses in, dataclasses out; no Streamlit, no fastai."""
