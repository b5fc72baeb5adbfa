package child

// lastSignal is SIGRTMAX.
const lastSignal = 64
