"""The strands; each file reads like a methods section."""
