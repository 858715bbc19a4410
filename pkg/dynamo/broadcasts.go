package dynamo

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// broadcastItem is a broadcast. It counts planned deliveries, in the transactions
// of its pages. The counter shards beside it count delivery results.
type broadcastItem struct {
	key
	Author string `dynamodbav:"by,omitempty"`
	Title  string `dynamodbav:"title"`
	Body   string `dynamodbav:"body"`

	Titles map[string]string `dynamodbav:"titles,omitempty"`
	Bodies map[string]string `dynamodbav:"bodies,omitempty"`

	UserCount int      `dynamodbav:"named,omitempty"`
	Roles     []string `dynamodbav:"roles,omitempty"`
	All       bool     `dynamodbav:"all,omitempty"`
	InApp     bool     `dynamodbav:"app,omitempty"`
	Channels  []string `dynamodbav:"channels,omitempty"`
	State     string   `dynamodbav:"state"`
	Progress  string   `dynamodbav:"place"` // JSON, compared as one string
	Total     int      `dynamodbav:"total"`
	Created   int64    `dynamodbav:"at"`
	Finished  int64    `dynamodbav:"finished,omitempty"`
	deliveryCountsItem
}

// deliveryCountsItem counts deliveries by channel. A counter shard has no planned
// deliveries.
type deliveryCountsItem struct {
	EmailPlanned int   `dynamodbav:"ep,omitempty"`
	EmailSent    int   `dynamodbav:"es,omitempty"`
	EmailFailed  int   `dynamodbav:"ef,omitempty"`
	EmailSkipped int   `dynamodbav:"ek,omitempty"`
	SMSPlanned   int   `dynamodbav:"tp,omitempty"`
	SMSSent      int   `dynamodbav:"ts,omitempty"`
	SMSFailed    int   `dynamodbav:"tf,omitempty"`
	SMSSkipped   int   `dynamodbav:"tk,omitempty"`
	PushPlanned  int   `dynamodbav:"mp,omitempty"`
	PushSent     int   `dynamodbav:"ms,omitempty"`
	PushFailed   int   `dynamodbav:"mf,omitempty"`
	PushSkipped  int   `dynamodbav:"mk,omitempty"`
	Last         int64 `dynamodbav:"last,omitempty"` // time of the newest result
}

var _ broadcast.Store = (*Store)(nil)

// recipientsItem is one page of explicitly selected recipients.
type recipientsItem struct {
	key
	IDs []string `dynamodbav:"ids"`
}

func broadcastToItem(b broadcast.Broadcast) broadcastItem {
	i := broadcastItem{
		key: broadcastKey(b.ID), Author: b.AuthorID, Title: b.Title, Body: b.Body, Titles: b.Titles, Bodies: b.Bodies, UserCount: b.Audience.UserCount, All: b.Audience.All, InApp: b.InApp,
		State: string(b.State), Progress: encodeProgress(b.Progress), Total: b.Total, Created: toMillis(b.CreatedAt), Finished: toMillis(b.FinishedAt),
	}
	for _, role := range b.Audience.Roles {
		i.Roles = append(i.Roles, string(role))
	}
	for _, channel := range b.Channels {
		i.Channels = append(i.Channels, string(channel))
	}
	return i
}

func encodeProgress(p broadcast.Progress) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("dynamo: " + err.Error()) // it has only strings and numbers
	}
	return string(text)
}

func (i broadcastItem) broadcast() (broadcast.Broadcast, error) {
	b := broadcast.Broadcast{
		ID: i.SK, AuthorID: i.Author, Title: i.Title, Body: i.Body, Titles: i.Titles, Bodies: i.Bodies, Audience: broadcast.Audience{UserCount: i.UserCount, All: i.All}, InApp: i.InApp,
		State: broadcast.State(i.State), Total: i.Total, CreatedAt: fromMillis(i.Created), FinishedAt: fromMillis(i.Finished),
		Counts: map[notification.Channel]broadcast.DeliveryCounts{},
	}
	for _, role := range i.Roles {
		b.Audience.Roles = append(b.Audience.Roles, user.Role(role))
	}
	all := map[notification.Channel]broadcast.DeliveryCounts{
		notification.Email: {Planned: i.EmailPlanned, Skipped: i.EmailSkipped},
		notification.SMS:   {Planned: i.SMSPlanned, Skipped: i.SMSSkipped},
		notification.Push:  {Planned: i.PushPlanned, Skipped: i.PushSkipped},
	}
	for _, channel := range i.Channels {
		b.Channels = append(b.Channels, notification.Channel(channel))
		b.Counts[notification.Channel(channel)] = all[notification.Channel(channel)]
	}
	return b, json.Unmarshal([]byte(i.Progress), &b.Progress)
}

// addShardCounts adds a counter shard to b. A planned delivery that was skipped
// counts as skipped only.
func addShardCounts(b *broadcast.Broadcast, shard deliveryCountsItem) {
	more := map[notification.Channel]broadcast.DeliveryCounts{
		notification.Email: {Sent: shard.EmailSent, Failed: shard.EmailFailed, Skipped: shard.EmailSkipped},
		notification.SMS:   {Sent: shard.SMSSent, Failed: shard.SMSFailed, Skipped: shard.SMSSkipped},
		notification.Push:  {Sent: shard.PushSent, Failed: shard.PushFailed, Skipped: shard.PushSkipped},
	}
	for channel, counts := range b.Counts {
		counts.Planned -= more[channel].Skipped
		counts.Sent += more[channel].Sent
		counts.Failed += more[channel].Failed
		counts.Skipped += more[channel].Skipped
		b.Counts[channel] = counts
	}
	if last := fromMillis(shard.Last); b.State == broadcast.Enqueued && last.After(b.FinishedAt) {
		b.FinishedAt = last
	}
}

// CreateBroadcast implements broadcast.Store.
func (s *Store) CreateBroadcast(ctx context.Context, b broadcast.Broadcast, r audit.Record) error {
	tx := s.transaction().put(broadcastToItem(b), ifNotExists, nil).putAudit(r)
	page := 0
	for ids := range slices.Chunk(b.Audience.UserIDs, broadcast.PageSize) {
		tx.put(recipientsItem{recipientsKey(b.ID, page), ids}, "", nil)
		page++
	}
	_, err := tx.commit(ctx)
	return err
}

// Broadcast implements broadcast.Store. One query reads the item and its shards.
func (s *Store) Broadcast(ctx context.Context, id string) (broadcast.Broadcast, error) {
	in := queryInput("PK = :pk AND begins_with(SK, :id)", values{"pk": broadcastPK, "id": id}, consistent, descending)
	found, err := s.readBroadcasts(ctx, in, 1)
	if err == nil && len(found) == 0 {
		err = apperr.New(apperr.BroadcastNotFound, "")
	}
	if err != nil {
		return broadcast.Broadcast{}, err
	}
	return found[0], nil
}

// ListBroadcasts implements broadcast.Store.
func (s *Store) ListBroadcasts(ctx context.Context, before string, limit int) ([]broadcast.Broadcast, error) {
	if before == "" {
		before = "~" // sorts after every id
	}
	return s.readBroadcasts(ctx, queryInput("PK = :pk AND SK < :before", values{"pk": broadcastPK, "before": before},
		consistent, descending, pageOf(limit*(2+broadcast.CounterShards))), limit)
}

// readBroadcasts joins broadcasts with their counter shards, up to limit. In the
// descending order of the query the shards of a broadcast precede it.
func (s *Store) readBroadcasts(ctx context.Context, in *dynamodb.QueryInput, limit int) ([]broadcast.Broadcast, error) {
	var all []broadcast.Broadcast
	var shards []deliveryCountsItem
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return nil, err
		}
		i, err := decodeAs[broadcastItem](row)
		if err != nil {
			return nil, err
		}
		if isBroadcastShard(i.key) {
			shards = append(shards, i.deliveryCountsItem)
			continue
		}
		b, err := i.broadcast()
		if err != nil {
			return nil, err
		}
		for _, shard := range shards {
			addShardCounts(&b, shard)
		}
		if all, shards = append(all, b), nil; len(all) == limit {
			break
		}
	}
	return all, nil
}

// CancelBroadcast implements broadcast.Store.
func (s *Store) CancelBroadcast(ctx context.Context, id string, at time.Time, r audit.Record) (bool, error) {
	failed, err := s.transaction().update(updateSpec{
		key: broadcastKey(id), set: "SET #state = :cancelled, finished = :at", condition: "#state IN (:queued, :sending)",
		values: values{
			"cancelled": string(broadcast.Cancelled), "at": toMillis(at), "queued": string(broadcast.Queued), "sending": string(broadcast.Sending),
		},
	}).putAudit(r).commitWithRetry(ctx) // the runner may be writing a page
	return err == nil && failed == nil, err
}

// BroadcastRecipients implements broadcast.Store.
func (s *Store) BroadcastRecipients(ctx context.Context, id string, page int) ([]string, error) {
	var i recipientsItem
	_, err := s.get(ctx, recipientsKey(id, page), true, &i)
	return i.IDs, err
}

// WriteBroadcastPage implements broadcast.Store.
func (s *Store) WriteBroadcastPage(ctx context.Context, old, updated broadcast.Broadcast, page []notification.Notification) (bool, error) {
	email, sms, push := notification.Email, notification.SMS, notification.Push
	existing, err := s.addNotificationsWith(ctx, page, func(tx *transaction, added []notification.Notification) {
		counts := broadcast.PlannedCounts(added)
		tx.update(updateSpec{
			key: broadcastKey(old.ID), condition: "#place = :was AND #state IN (:queued, :sending)",
			set: "SET #place = :place, #state = :state, finished = :finished ADD #total :total, ep :ep, ek :ek, tp :tp, tk :tk, mp :mp, mk :mk",
			values: values{
				"was": encodeProgress(old.Progress), "queued": string(broadcast.Queued), "sending": string(broadcast.Sending),
				"place": encodeProgress(updated.Progress), "state": string(updated.State), "finished": toMillis(updated.FinishedAt), "total": len(added),
				"ep": counts[email].Planned, "ek": counts[email].Skipped, "tp": counts[sms].Planned, "tk": counts[sms].Skipped,
				"mp": counts[push].Planned, "mk": counts[push].Skipped,
			},
		})
	})
	return err == nil && existing == nil, err
}

// broadcastCountsUpdate returns the counter update for the result of a delivery.
// ok is false if nothing changes. An earlier failure of the delivery is subtracted.
func broadcastCountsUpdate(n notification.Notification, channel notification.Channel, d notification.Delivery) (updateSpec, bool) {
	failedBefore := n.Deliveries[channel].Reason != "" // a claim keeps the reason of the last attempt
	prefix := map[notification.Channel]string{notification.Email: "e", notification.SMS: "t", notification.Push: "m"}[channel]
	suffix := map[notification.State]string{notification.Sent: "s", notification.Failed: "f", notification.Skipped: "k"}
	failed := suffix[notification.Failed]
	if n.BroadcastID == "" || suffix[d.State] == "" || failedBefore && suffix[d.State] == failed {
		return updateSpec{}, false
	}
	set, vals := "SET #last = :at ADD "+prefix+suffix[d.State]+" :one", values{"at": toMillis(d.At), "one": 1}
	if failedBefore {
		set += ", " + prefix + failed + " :less"
		vals["less"] = -1
	}
	return updateSpec{key: broadcastShardKey(n.BroadcastID, n.CounterShard), set: set, values: vals}, true
}
