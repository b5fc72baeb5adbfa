package host

// noFollow is nothing: making a symbolic link is a privilege on Windows.
const noFollow = 0
