package client

import (
	"context"
	"net/http"
)

// The following methods use the dashboard, which only the local stack has.

// InvokeFunction invokes a function, named by its folder, and decodes its result. A
// nil event selects the event of the function's schedule.
func (a *API) InvokeFunction(ctx context.Context, function string, event, target any) error {
	response, err := a.Do(ctx, http.MethodPost, "/_local/functions/"+function+"/invoke", event)
	if err != nil {
		return err
	}
	return response.Decode(http.StatusOK, target)
}

// Queue counts the messages of a queue of the local stack.
type Queue struct {
	Name                       string // stack name, a hyphen, and the logical id or what the template names
	Visible, InFlight, Delayed int
}

// Queues returns the queues of the local stack.
func (a *API) Queues(ctx context.Context) ([]Queue, error) {
	response, err := a.Do(ctx, http.MethodGet, "/_local/queues", nil)
	if err != nil {
		return nil, err
	}
	var list struct{ Data []Queue }
	err = response.Decode(http.StatusOK, &list)
	return list.Data, err
}
