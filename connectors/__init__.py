"""The channels: one file each, the registry, and the runner that polls them. See README.md."""
