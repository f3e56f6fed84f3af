"""Mail that comes back to us: what it says, and of which delivery."""
