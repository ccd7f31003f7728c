"""The kiosk kit: keeps a browser on the wall's page, on a machine that nobody looks after.

Runs alone on the player behind the screen, with Python's standard library and Chromium: it is copied there by
`install.sh`, so it imports nothing of the house, and the house nothing of it. README.md is for who hangs the screen.
"""
