"""Results drawn as figures."""
