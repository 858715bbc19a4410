// Package faults breaks what the functions call while people write to tickets,
// and then compares the log with what the writers remember. The faults are
// drawn from a seed that the run prints; FAULT_SEED draws them again.
package faultinjection
