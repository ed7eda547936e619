"""The commands that make no derivative: one file, one command, of the same name (stages are commands by themselves).

Each file holds a function for Typer and ``SUMMARY``, its line in the help.
"""

MAIN = (  # in the order of the help: the night's work first
    "run",
    "status",
    "verify",
    "bind",
    "serve",
    "doctor",
    "stages",
    "workflows",
    "schema",
    "info",
    "check",
    "inspect",
    "preflight",
    "compare",
    "key",
    "sign",
    "package",
    "trace",
    "premis",
    "repair",
)
HIDDEN = ("reference",)
