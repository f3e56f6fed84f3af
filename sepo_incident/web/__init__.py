"""Pages and middleware of the whole site: menu, help, error pages, health check."""
