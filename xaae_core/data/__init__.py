"""Pictures and their labels, from files to fastai DataLoaders; and the demo's procedural phantoms."""
