package client

import (
	"context"
	"net/http"
)

// What follows asks the local stack's own page; no other stack has it.

// InvokeFunction invokes a function, named by its folder, and decodes what it answers. A
// nil event is the one of the function's schedule.
func (a *API) InvokeFunction(ctx context.Context, function string, event, target any) error {
	response, err := a.Do(ctx, http.MethodPost, "/_local/functions/"+function+"/invoke", event)
	if err != nil {
		return err
	}
	return response.Decode(http.StatusOK, target)
}

// Queue is how many messages a queue of the local stack holds.
type Queue struct {
	Name                       string // the stack's name, a hyphen, the template's name
	Visible, InFlight, Delayed int
}

// Queues lists the queues of the local stack.
func (a *API) Queues(ctx context.Context) ([]Queue, error) {
	response, err := a.Do(ctx, http.MethodGet, "/_local/queues", nil)
	if err != nil {
		return nil, err
	}
	var list struct{ Data []Queue }
	return list.Data, response.Decode(http.StatusOK, &list)
}
