"""Compare: two to four runs side by side, on the same axes, replicate by replicate."""

from vgdemo.ui.columns import columns
from vgdemo.ui.compare import watch
from vgdemo.ui.names import LETTERS
from vgdemo.ui.page import page
from vgdemo.ui.pages import COMPARE
from vgdemo.ui.results import results
from vgdemo.ui.runs import follow_all, retry
from vgdemo.ui.tour import panel, train_next


def main() -> None:
    """Draw the page."""
    with page(COMPARE, retry=retry):
        configs = columns()
        panel(COMPARE, configs)
        jobs = dict(zip(LETTERS, follow_all(configs), strict=False))
        watch(jobs)
        results(jobs)
        train_next(COMPARE, jobs.values())


if __name__ == "__main__":
    main()
