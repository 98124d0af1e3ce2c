"""Importing this turns garbage collection off: it looks at all that is imported again and again, and nothing is garbage.

A process that imports much, and all of it for good, begins with this and turns collection on again when it is done.
"""

import gc

gc.disable()
