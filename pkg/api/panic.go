package api

import (
	"fmt"
	"runtime/debug"
)

// recoverPanic, when deferred, sets err to a panic with its stack. Otherwise the panic would end
// the function instance, and the client would get a response of API Gateway.
func recoverPanic(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	}
}
