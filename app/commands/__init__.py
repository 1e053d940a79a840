"""The commands of `xaae`, one a file; each file's `command` is a click command or group."""
