package table

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/broadcast"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/notification"
	"ticketsystem/pkg/user"
)

// broadcastItem is a broadcast. What was planned is counted here, in the
// transactions of its pages; what became of it in the segments beside.
type broadcastItem struct {
	key
	Title    string   `dynamodbav:"title"`
	Body     string   `dynamodbav:"body"`
	Named    int      `dynamodbav:"named,omitempty"`
	Roles    []string `dynamodbav:"roles,omitempty"`
	All      bool     `dynamodbav:"all,omitempty"`
	InApp    bool     `dynamodbav:"app,omitempty"`
	Channels []string `dynamodbav:"channels,omitempty"`
	State    string   `dynamodbav:"state"`
	Place    string   `dynamodbav:"place"` // JSON: compared whole
	Total    int      `dynamodbav:"total"`
	Created  int64    `dynamodbav:"at"`
	Finished int64    `dynamodbav:"finished,omitempty"`
	talliesItem
}

// talliesItem counts deliveries by channel. A segment has no planned ones.
type talliesItem struct {
	EmailPlanned int   `dynamodbav:"ep,omitempty"`
	EmailSent    int   `dynamodbav:"es,omitempty"`
	EmailFailed  int   `dynamodbav:"ef,omitempty"`
	EmailSkipped int   `dynamodbav:"ek,omitempty"`
	SMSPlanned   int   `dynamodbav:"tp,omitempty"`
	SMSSent      int   `dynamodbav:"ts,omitempty"`
	SMSFailed    int   `dynamodbav:"tf,omitempty"`
	SMSSkipped   int   `dynamodbav:"tk,omitempty"`
	Last         int64 `dynamodbav:"last,omitempty"` // time of the newest
}

var _ broadcast.Store = (*Table)(nil)

// namedItem is a page of the people who were named.
type namedItem struct {
	key
	IDs []string `dynamodbav:"ids"`
}

func broadcastToItem(b broadcast.Broadcast) broadcastItem {
	i := broadcastItem{
		key: broadcastKey(b.ID), Title: b.Title, Body: b.Body, Named: b.Audience.Named, All: b.Audience.All, InApp: b.InApp,
		State: string(b.State), Place: placeText(b.Place), Total: b.Total, Created: toMillis(b.CreatedAt), Finished: toMillis(b.FinishedAt),
	}
	for _, role := range b.Audience.Roles {
		i.Roles = append(i.Roles, string(role))
	}
	for _, channel := range b.Channels {
		i.Channels = append(i.Channels, string(channel))
	}
	return i
}

func placeText(p broadcast.Place) string {
	text, err := json.Marshal(p)
	if err != nil {
		panic("table: " + err.Error()) // strings and numbers
	}
	return string(text)
}

func (i broadcastItem) broadcast() (broadcast.Broadcast, error) {
	b := broadcast.Broadcast{
		ID: i.SK, Title: i.Title, Body: i.Body, Audience: broadcast.Audience{Named: i.Named, All: i.All}, InApp: i.InApp,
		State: broadcast.State(i.State), Total: i.Total, CreatedAt: fromMillis(i.Created), FinishedAt: fromMillis(i.Finished),
		Tallies: map[notification.Channel]broadcast.Tally{},
	}
	for _, role := range i.Roles {
		b.Audience.Roles = append(b.Audience.Roles, user.Role(role))
	}
	all := map[notification.Channel]broadcast.Tally{
		notification.Email: {Planned: i.EmailPlanned, Skipped: i.EmailSkipped},
		notification.SMS:   {Planned: i.SMSPlanned, Skipped: i.SMSSkipped},
	}
	for _, channel := range i.Channels {
		b.Channels = append(b.Channels, notification.Channel(channel))
		b.Tallies[notification.Channel(channel)] = all[notification.Channel(channel)]
	}
	return b, json.Unmarshal([]byte(i.Place), &b.Place)
}

// add counts a segment in. A delivery that was planned and is skipped when its
// time comes counts as skipped and no longer as planned.
func add(b *broadcast.Broadcast, s talliesItem) {
	more := map[notification.Channel]broadcast.Tally{
		notification.Email: {Sent: s.EmailSent, Failed: s.EmailFailed, Skipped: s.EmailSkipped},
		notification.SMS:   {Sent: s.SMSSent, Failed: s.SMSFailed, Skipped: s.SMSSkipped},
	}
	for channel, t := range b.Tallies {
		t.Planned -= more[channel].Skipped
		t.Sent += more[channel].Sent
		t.Failed += more[channel].Failed
		t.Skipped += more[channel].Skipped
		b.Tallies[channel] = t
	}
	if last := fromMillis(s.Last); b.State == broadcast.Written && last.After(b.FinishedAt) {
		b.FinishedAt = last
	}
}

// StartBroadcast implements broadcast.Store.
func (t *Table) StartBroadcast(ctx context.Context, b broadcast.Broadcast, r audit.Record) error {
	tx := t.transaction().put(broadcastToItem(b), slotFree, nil).note(r)
	page := 0
	for ids := range slices.Chunk(b.Audience.UserIDs, broadcast.PageSize) {
		tx.put(namedItem{namedKey(b.ID, page), ids}, "", nil)
		page++
	}
	_, err := tx.commit(ctx)
	return err
}

// Broadcast implements broadcast.Store: one read of the item and its segments.
func (t *Table) Broadcast(ctx context.Context, id string) (broadcast.Broadcast, error) {
	out, err := t.db.Query(ctx, &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("PK = :pk AND begins_with(SK, :id)"),
		ExpressionAttributeValues: values{"pk": broadcastPK, "id": id}.wire(),
	})
	if err != nil {
		return broadcast.Broadcast{}, translate(err)
	}
	found, err := broadcastsOf(out.Items)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.BroadcastNotFound, "")
	}
	if err != nil {
		return broadcast.Broadcast{}, err
	}
	return found[0], nil
}

// broadcastsOf joins rows in descending order: the segments of each, then it.
func broadcastsOf(rows []item) ([]broadcast.Broadcast, error) {
	var all []broadcast.Broadcast
	var segments []talliesItem
	for _, row := range rows {
		var k key
		if err := decode(row, &k); err != nil {
			return nil, err
		}
		if strings.Contains(k.SK, "#") {
			var s talliesItem
			if err := decode(row, &s); err != nil {
				return nil, err
			}
			segments = append(segments, s)
			continue
		}
		var i broadcastItem
		if err := decode(row, &i); err != nil {
			return nil, err
		}
		b, err := i.broadcast()
		if err != nil {
			return nil, err
		}
		for _, s := range segments {
			add(&b, s)
		}
		all, segments = append(all, b), nil
	}
	return all, nil
}

// Broadcasts implements broadcast.Store: one read for any page that has not
// very long texts.
func (t *Table) Broadcasts(ctx context.Context, before string, limit int) ([]broadcast.Broadcast, error) {
	if before == "" {
		before = "~" // behind every id
	}
	in := &dynamodb.QueryInput{
		TableName: t.name, ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(false),
		KeyConditionExpression:    aws.String("PK = :pk AND SK < :before"),
		ExpressionAttributeValues: values{"pk": broadcastPK, "before": before}.wire(),
		Limit:                     aws.Int32(int32(limit * (1 + broadcast.Segments))),
	}
	var rows []item
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return nil, translate(err)
		}
		rows = append(rows, out.Items...)
		all, err := broadcastsOf(rows)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; err != nil || len(all) >= limit || in.ExclusiveStartKey == nil {
			return all[:min(limit, len(all))], err
		}
	}
}

// CancelBroadcast implements broadcast.Store.
func (t *Table) CancelBroadcast(ctx context.Context, id string, at time.Time, r audit.Record) (bool, error) {
	failed, err := t.transaction().update(change{
		key: broadcastKey(id), set: "SET #state = :cancelled, finished = :at", condition: "#state IN (:queued, :sending)",
		values: values{
			"cancelled": string(broadcast.Cancelled), "at": toMillis(at), "queued": string(broadcast.Queued), "sending": string(broadcast.Sending),
		},
	}).note(r).commitInTurn(ctx) // a page may be being written
	return err == nil && failed == nil, err
}

// Named implements broadcast.Store.
func (t *Table) Named(ctx context.Context, id string, page int) ([]string, error) {
	var i namedItem
	_, err := t.get(ctx, namedKey(id, page), true, &i)
	return i.IDs, err
}

// WritePage implements broadcast.Store.
func (t *Table) WritePage(ctx context.Context, was, now broadcast.Broadcast, page []notification.Notification) (bool, error) {
	email, sms := notification.Email, notification.SMS
	held, err := t.notifyAnd(ctx, page, func(tx *transaction) {
		tx.update(change{
			key: broadcastKey(was.ID), condition: "#place = :was AND #state IN (:queued, :sending)",
			set: "SET #place = :place, #state = :state, finished = :finished ADD #total :total, ep :ep, ek :ek, tp :tp, tk :tk",
			values: values{
				"was": placeText(was.Place), "queued": string(broadcast.Queued), "sending": string(broadcast.Sending),
				"place": placeText(now.Place), "state": string(now.State), "finished": toMillis(now.FinishedAt), "total": now.Total - was.Total,
				"ep": now.Tallies[email].Planned - was.Tallies[email].Planned, "ek": now.Tallies[email].Skipped - was.Tallies[email].Skipped,
				"tp": now.Tallies[sms].Planned - was.Tallies[sms].Planned, "tk": now.Tallies[sms].Skipped - was.Tallies[sms].Skipped,
			},
		})
	})
	return err == nil && held == nil, err
}

// settled counts what became of a broadcast's delivery. An attempt that failed before is no longer counted.
func settled(n notification.Notification, channel notification.Channel, d notification.Delivery) (change, bool) {
	failedBefore := n.Deliveries[channel].Reason != "" // a claim leaves it as it was
	prefix := map[notification.Channel]string{notification.Email: "e", notification.SMS: "t"}[channel]
	suffix := map[notification.State]string{notification.Sent: "s", notification.Failed: "f", notification.Skipped: "k"}
	failed := suffix[notification.Failed]
	if n.BroadcastID == "" || failedBefore && suffix[d.State] == failed {
		return change{}, false
	}
	set, vals := "SET #last = :at ADD "+prefix+suffix[d.State]+" :one", values{"at": toMillis(d.At), "one": 1}
	if failedBefore {
		set += ", " + prefix + failed + " :less"
		vals["less"] = -1
	}
	return change{key: segmentKey(n.BroadcastID, n.Segment), set: set, values: vals}, true
}
