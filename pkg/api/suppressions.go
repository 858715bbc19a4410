package api

import (
	"context"
	"strings"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

type suppressionView struct {
	Address string  `json:"address"`
	Reason  string  `json:"reason"`
	At      *string `json:"at"`
}

func viewSuppression(s notification.Suppression) suppressionView {
	return suppressionView{s.Address, s.Reason, wire.FormatTime(s.At)}
}

// ListSuppressions returns the endpoint GET /admin/suppressions, by address.
func ListSuppressions(store notification.SuppressionAdminStore) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		position := func(s notification.Suppression) string { return s.Address }
		return listPage(r, "suppressions", viewSuppression, func(limit int, after string) ([]notification.Suppression, string, bool, error) {
			list, err := store.Suppressions(ctx, after, limit+1)
			list, next, more := trimPage(list, limit, position)
			return list, next, more, err
		})
	})
}

// DeleteSuppression returns the endpoint DELETE /admin/suppressions/{address}.
func DeleteSuppression(store notification.SuppressionAdminStore, recorder audit.Recorder) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		address := notification.NormalizeAddress(r.event.PathParameters["address"])
		record := recorder.NewRecord(r.actor(), audit.SuppressionDeleted, maskAddress(address), nil, nil)
		return noContent(), store.DeleteSuppression(ctx, address, record)
	})
}

// maskAddress keeps the first letter and the domain of an address, because an audit
// record outlives the user.
func maskAddress(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if first := []rune(local); len(first) > 0 {
		local = string(first[:1])
	}
	return local + "…@" + domain
}
