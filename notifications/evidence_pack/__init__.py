"""*Dokumentation*: the evidence about letters as a page to print and as a zip, for access requests and complaints."""
