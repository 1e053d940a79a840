"""The parts of the report page: what was collected to the left, what is made of it to the right."""
