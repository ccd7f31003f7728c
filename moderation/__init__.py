"""The ground floor: what a message is, what may happen to it, and the store."""
