"""*Mangler ansvarlig*: find the sender, leader or unit that letters lack."""
