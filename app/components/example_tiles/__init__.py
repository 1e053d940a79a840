"""Training cases beside one another: picture, label, and a bar that says how much each matters."""

from app.components.example_tiles.tiles import Bar, ExampleTile, OpenedTile, example_tiles

__all__ = ["Bar", "ExampleTile", "OpenedTile", "example_tiles"]
