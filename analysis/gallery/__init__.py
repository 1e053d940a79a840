"""Every model of the catalogue trained on one data set, and what each is worth: a card, and a page of all."""
