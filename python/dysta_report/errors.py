"""The one way that input can be wrong."""

from pathlib import Path


class ReportError(Exception):
    """A file is not as it has to be; the text is one line, `FILE[:LINE]: what is wrong`."""

    def __init__(self, file: Path | str, message: str, line: int = 0) -> None:
        place = f"{file}:{line}" if line else str(file)
        super().__init__(f"{place}: {message}")
