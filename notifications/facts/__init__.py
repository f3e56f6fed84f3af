"""What a mail about letters may tell: the fields of the texts, and what stands in them."""
