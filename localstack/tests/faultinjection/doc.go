// Package faultinjection injects faults into the AWS calls of the functions while
// clients write to tickets, and compares the log with the acknowledged messages. The
// test prints the seed of the faults; FAULT_SEED repeats them.
package faultinjection
