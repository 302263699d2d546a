"""The garbage collector, told what the processes of an installation are like."""

import gc


def spare_the_collector() -> None:
    """Let the garbage collector pass over what lives as long as the process, and look less often at what does not.

    Called once all is imported and opened. Requests and lines of a file leave next to no cycles behind; looking for
    them took a tenth of a create.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
