"""Who gets what, how far it is, why a mail is where it is, and what comes next, as pages show it. *Indgående post*,
*Ikke nået*, *Alarmer* and *Tekster* have their read models in their own rooms."""
