"""*Bevispakke*: the evidence about letters as a page to print and as a zip file, for access requests and complaints."""
