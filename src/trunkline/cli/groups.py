"""Commands that belong together."""

import click

WHOLE = 1000  # characters: the first sentence of a command's help, however long


class Group(click.Group):
    """Lists its commands with the whole sentence of each: the library breaks it off where the line ends."""

    def format_commands(self, ctx, formatter):
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(WHOLE)) for name, command in commands])
