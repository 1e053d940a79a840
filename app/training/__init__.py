"""A training from request to finished model: in this process, or as a job of its own that outlives the page."""
