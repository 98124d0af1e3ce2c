"""`python -m vgdemo` is the command `vgdemo`."""

from vgdemo.command import main

if __name__ == "__main__":
    main()
