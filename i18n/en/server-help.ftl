## Headings of the help. The help itself stands at each argument in the source.
help-usage = Usage:
help-commands = Commands
help-options = Options
help-arguments = Arguments
help-examples = Examples:
