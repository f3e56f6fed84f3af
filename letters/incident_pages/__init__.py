"""Pages on which people edit the incident's facts and story, the breach question and the administrations' plans."""
