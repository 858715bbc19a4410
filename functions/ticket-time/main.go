// Command ticket-time moves tickets that have stood still for too long: a schedule.
package main

import (
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/wiring"
)

func main() {
	h := wiring.Open()
	h.Run(stream.Time(h.Clock()))
}
