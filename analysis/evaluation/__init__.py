"""How far models, and what is said about them, can be believed: measured on cases that were not trained on."""
