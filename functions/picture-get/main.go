// Command picture-get leads to a person's picture: GET /pictures/{id}.
package main

import (
	"ticketsystem/pkg/api"
	"ticketsystem/pkg/wiring"
	"ticketsystem/pkg/wiring/files"
)

func main() {
	h := wiring.Open()
	h.Serve(api.ShowPicture(h.People(), files.Desk(h)))
}
