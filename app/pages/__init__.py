"""One file a page; pages read the state, call, and draw."""
