"""`python -m vgdemo.engine` is the process in which `vgdemo.train` trains."""

from vgdemo.engine.training import chunks
from vgdemo.training import serve

if __name__ == "__main__":
    serve(chunks)
