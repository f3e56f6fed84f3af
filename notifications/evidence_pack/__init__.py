"""*Bevispakke*: what proves a letter's case, for who asks to see it or complains, as a page to print and as a zip."""
