// Package files wires what signs and checks uploads.
package files

import (
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/blob"
	"ticketsystem/pkg/wiring"
)

// Desk takes files in and hands them out, from BUCKET_NAME.
func Desk(h *wiring.House) *attachment.Desk {
	return &attachment.Desk{Store: h.Table(), Blobs: Blobs(h), Now: wiring.Now, NewID: h.NewID}
}

// Blobs keeps the bytes, in BUCKET_NAME.
func Blobs(h *wiring.House) *blob.Store { return blob.New(h.AWS("S3"), h.Need("BUCKET_NAME")) }
