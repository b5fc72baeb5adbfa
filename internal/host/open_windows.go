package host

// noWait is nothing: Windows has no pipes among files.
const noWait = 0

// noFollow is nothing: making a symbolic link is a privilege on Windows.
const noFollow = 0
