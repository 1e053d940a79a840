"""Streamlit's server, with the libraries behind the models loading while the browser still opens."""

from __future__ import annotations

import importlib
import sys
import threading

from streamlit.web.cli import main


def preload() -> None:
    """Import what every page needs; a page that is asked for meanwhile waits for the same import."""
    importlib.import_module("app.cached")


if __name__ == "__main__":
    threading.Thread(target=preload, name="preload", daemon=True).start()
    sys.argv = ["streamlit", "run", *sys.argv[1:]]
    main(prog_name="streamlit")
