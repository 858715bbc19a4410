package api

import (
	"context"
	"net/http"
	"slices"

	"ticketsystem/pkg/api/wire"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/notification"
)

type channelDeliveryView struct {
	NotificationID string               `json:"notificationId"`
	UserID         string               `json:"userId"`
	Channel        notification.Channel `json:"channel"`
	State          notification.State   `json:"state"`
	Reason         string               `json:"reason"`
	Detail         *string              `json:"detail"`
	Attempts       int                  `json:"attempts"`
	At             *string              `json:"at"`
}

// viewChannelDelivery shows the reason of the last failure, and the provider's error as detail.
func viewChannelDelivery(c notification.ChannelDelivery) channelDeliveryView {
	d := c.Notification.Deliveries[c.Channel]
	failure := d
	failure.State = notification.Failed
	v := channelDeliveryView{
		c.Notification.ID, c.Notification.UserID, c.Channel, d.State, failure.PublicReason(), nil, d.Attempts, wire.FormatTime(d.At),
	}
	if v.Reason == notification.ReasonProvider {
		v.Detail = wire.NilIfEmpty(d.Reason)
	}
	return v
}

// ListFailedDeliveries returns the endpoint GET /admin/deliveries, by notification, newest first.
func ListFailedDeliveries(store notification.FailedDeliveryStore) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		if r.query.Has("state") && r.query.Get("state") != string(notification.Failed) {
			return Response{}, errQuery("state", "not_allowed", "state must be failed.")
		}
		return listPage(r, "deliveries", viewChannelDelivery, func(limit int, after string) ([]notification.ChannelDelivery, string, bool, error) {
			list, next, err := store.FailedDeliveries(ctx, after, limit)
			return list, next, next != "", err
		})
	})
}

// RetryDelivery returns the endpoint POST /admin/deliveries/{notificationId}/{channel}/retry.
func RetryDelivery(retrier *notification.Retrier) Endpoint {
	return AdminOnly(func(ctx context.Context, r *Request) (Response, error) {
		notificationID, valid := id.Parse(r.event.PathParameters["notificationId"])
		channel := notification.Channel(r.event.PathParameters["channel"])
		if !valid || !slices.Contains(notification.Channels(), channel) {
			return Response{}, apperr.New(apperr.DeliveryNotFound, "")
		}
		d, err := retrier.Retry(ctx, r.actor(), notificationID, channel)
		return Response{Status: http.StatusAccepted, Body: viewChannelDelivery(d)}, err
	})
}
