"""Makes `sam deploy` compress less, because the emulator is on this machine: half a minute less
for all functions. Python imports this module at its start if PYTHONPATH names this folder."""

import zipfile

get_compressor = zipfile._get_compressor
zipfile._get_compressor = lambda kind, level=None: get_compressor(kind, 1)
