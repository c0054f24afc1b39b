"""One module a subcommand of `dsops state`; the same rules as in `dsops.cli.commands`."""

__all__: list[str] = []
