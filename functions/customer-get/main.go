// Command customer-get returns a customer to staff: GET /customers/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/app"
)

func main() {
	a := app.New()
	a.Serve(api.GetCustomer(a.Store()))
}
