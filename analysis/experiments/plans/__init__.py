"""How each experiment is run: its parts, and what becomes of them. One module each."""
