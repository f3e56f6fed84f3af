"""The facts that KIT knows: the incident, the lists and the letters."""
