"""What data exist, and reading them."""
