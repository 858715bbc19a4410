package faultinjection

import (
	"os"
	"runtime/debug"
	"testing"
)

// TestMain collects garbage less often: with the default, that is a seventh of the processor time
// of the stack's process, which all calls of the functions go through.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}
