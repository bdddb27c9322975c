"""Text to a syntax tree with places, in HCL and in its JSON form, and what is wrong with a text."""
