"""One module a command; each holds a click command called `command`.

Belongs here: a command's arguments, its help, which engine function it calls and which exit code comes of it. Does not
belong here: anything two commands share (`dsops.cli`), and any import at the top but click and the options.
"""

__all__: list[str] = []
