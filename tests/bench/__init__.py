"""The measurements of `make bench`: each figure beside a reference of the same run, on this machine's loopback.

Owns processes, pinning and tables. Writes nothing into the tree and asserts no time: a figure is read by people.
"""
