"""One module a subcommand of `dsops dataset`; the same rules as in `dsops.cli.commands`."""

__all__: list[str] = []
