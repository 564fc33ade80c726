"""The phone's engine of thidua: work without signal, sync when there is a connection.

One object, :class:`Phone`, on one file. Its methods block until they are done; those of the local
file take milliseconds. ``enrol`` and ``sync_once`` wait for the network and exist as coroutines,
too: ``await phone.enrol_async(...)``, ``await phone.sync_once_async()``. Every error is a
:class:`ClientError` with what happened and what to do, ``text_vi()`` and ``text_en()``.
docs/MOBILE.md of the repository explains the methods.
"""

from importlib.metadata import version as _version

from ._engine import *  # noqa: F403
from ._engine import engine_version

__version__ = _version("thidua")
if engine_version() != __version__:
    raise ImportError(
        f"the package thidua {__version__} holds the library of {engine_version()}: install it again"
    )
