package dynamo

import (
	"context"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/notification"
)

var (
	_ notification.SuppressionStore      = (*Store)(nil)
	_ notification.SuppressionAdminStore = (*Store)(nil)
)

// suppressionItem is an e-mail address that gets no more mail.
type suppressionItem struct {
	key
	Reason string `dynamodbav:"reason"`
	At     int64  `dynamodbav:"at"`
}

// IsSuppressed implements notification.DeliveryStore.
func (s *Store) IsSuppressed(ctx context.Context, address string) (bool, error) {
	return s.get(ctx, suppressionKey(notification.NormalizeAddress(address)), true, &suppressionItem{})
}

// Suppress implements notification.SuppressionStore. It records first that the suppression ends with
// the user, and reads the user at the end: the deletion of the user finds the record, or has already
// happened.
func (s *Store) Suppress(ctx context.Context, c notification.MailFeedback) error {
	address := notification.NormalizeAddress(c.Address)
	if c.EndsWithUser() {
		if _, err := s.put(ctx, nameReferenceItem{userSuppressionKey(c.UserID, address)}, "", nil); err != nil {
			return err
		}
	}
	if _, err := s.put(ctx, suppressionItem{suppressionKey(address), c.Reason, toMillis(s.now())}, "", nil); err != nil || c.UserID == "" {
		return err
	}
	u, err := s.User(ctx, c.UserID)
	if apperr.Is(err, apperr.UserNotFound) { // the report came after the deletion of the user
		if !c.EndsWithUser() {
			return nil
		}
		if _, err := s.remove(ctx, suppressionKey(address), "", nil); err != nil {
			return err
		}
		_, err = s.remove(ctx, userSuppressionKey(c.UserID, address), "", nil)
		return err
	}
	if err == nil && notification.NormalizeAddress(u.Email) != address {
		return nil
	}
	if err != nil {
		return err
	}
	_, _, err = s.update(ctx, updateSpec{
		key: userKey(c.UserID), set: "SET emailVerified = :no", condition: "email = :stored", values: values{"no": false, "stored": u.Email},
	})
	return err
}

// Suppressions implements notification.SuppressionAdminStore.
func (s *Store) Suppressions(ctx context.Context, after string, limit int) ([]notification.Suppression, error) {
	condition, vals := "PK = :pk", values{"pk": suppressionsPK}
	if after != "" {
		condition += " AND SK > :after"
		vals["after"] = after
	}
	out, err := s.queryPage(ctx, queryInput(condition, vals, consistent, pageOf(limit)))
	if err != nil {
		return nil, err
	}
	items, err := decodeAll[suppressionItem](out.Items)
	list := make([]notification.Suppression, len(items))
	for n, i := range items {
		list[n] = notification.Suppression{Address: i.SK, Reason: i.Reason, At: fromMillis(i.At)}
	}
	return list, err
}

// DeleteSuppression implements notification.SuppressionAdminStore.
func (s *Store) DeleteSuppression(ctx context.Context, address string, r audit.Record) error {
	k := suppressionKey(notification.NormalizeAddress(address))
	if k.SK == "" || len(k.SK) > maxAddressBytes {
		return apperr.New(apperr.SuppressionNotFound, "")
	}
	failed, err := s.transaction().remove(k, "attribute_exists(PK)", nil).putAudit(r).commitWithRetry(ctx)
	if failed != nil {
		return apperr.New(apperr.SuppressionNotFound, "")
	}
	return err
}
