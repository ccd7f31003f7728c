"""The wall: its protocol, its hub, its cards and its pages."""
