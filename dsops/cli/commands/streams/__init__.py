"""One module a subcommand of `dsops stream`; the same rules as in `dsops.cli.commands`."""

__all__: list[str] = []
