"""Composes the house: HTTP, sockets, sign-in, settings, command line, engine process."""
