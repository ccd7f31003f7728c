"""The channels: one file each, and the registry."""
