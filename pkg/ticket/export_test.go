package ticket

// Unexported names that the tests in package ticket_test use.
const (
	MaxAttempts = maxAttempts
	MaxMillis   = maxMillis
)

var (
	ApplyLog       = applyLog
	Equal          = equal
	FilterVisible  = filterVisible
	FirstNeededSeq = firstNeededSeq
	Preview        = preview
	StateAfter     = stateAfter
	StatusChange   = statusChange
)
