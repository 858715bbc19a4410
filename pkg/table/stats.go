package table

import (
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/ticket"
)

var _ stats.Store = (*Table)(nil)

// countedItem is what was counted of a ticket.
type countedItem struct {
	key
	UpTo     int    `dynamodbav:"up"`
	Customer string `dynamodbav:"b,omitempty"`
	Status   string `dynamodbav:"s,omitempty"`
	Category string `dynamodbav:"c,omitempty"`
	Created  int64  `dynamodbav:"at,omitempty"`
	Replied  bool   `dynamodbav:"fr,omitempty"`
	Ended    bool   `dynamodbav:"rs,omitempty"`
	Gone     bool   `dynamodbav:"gone,omitempty"`
	Edition  int    `dynamodbav:"ed,omitempty"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
}

// goneFor is how long it is remembered that a deleted ticket was counted: longer
// than the stream can tell of it again.
const goneFor = 30 * 24 * time.Hour

func (t *Table) countedToItem(c stats.Counted) countedItem {
	i := countedItem{
		key: countedKey(c.TicketID), UpTo: c.UpTo, Customer: c.CustomerID, Status: string(c.Status), Category: c.CategoryID,
		Created: toMillis(c.CreatedAt), Replied: c.Replied, Ended: c.Ended, Gone: c.Gone,
		Edition: c.Edition,
	}
	if c.Gone {
		i.TTL = t.now().Add(goneFor).Unix()
	}
	return i
}

func (i countedItem) counted() stats.Counted {
	return stats.Counted{
		TicketID: idOf(i.PK), UpTo: i.UpTo, CustomerID: i.Customer, Status: ticket.Status(i.Status), CategoryID: i.Category,
		CreatedAt: fromMillis(i.Created), Replied: i.Replied, Ended: i.Ended, Gone: i.Gone, Edition: i.Edition,
	}
}

// CountedFrom implements stats.Store: one ascending read, behind the head.
func (t *Table) CountedFrom(ctx context.Context, ticketID string, seq int) (stats.Counted, []ticket.Entry, error) {
	counted := stats.Counted{TicketID: ticketID}
	log := ticket.Log{Marks: map[string]int{}}
	in := t.between(ticketID, entrySK(seq), skCounted)
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return counted, nil, translate(err)
		}
		if err := addToLog(&log, out.Items); err != nil {
			return counted, nil, err
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey != nil {
			continue
		}
		if n := len(out.Items); n > 0 && isCounted(out.Items[n-1]) {
			var i countedItem
			err = decode(out.Items[n-1], &i)
			counted = i.counted()
			t.seen(counted.Edition)
		}
		return counted, log.Entries, err
	}
}

func isCounted(i item) bool {
	sk, ok := i["SK"].(*types.AttributeValueMemberS)
	return ok && sk.Value == skCounted
}

// Advance implements stats.Store: one transaction for all steps. It stands its
// ground against others that count at the same time.
func (t *Table) Advance(ctx context.Context, steps []stats.Step) (map[int]bool, error) {
	for try := 0; ; try++ {
		failed, err := t.advance(steps).commit(ctx)
		if fault.Is(err, fault.Conflict) && try < conflictTries {
			pause(ctx, try)
			continue
		}
		refused := map[int]bool{}
		for place := range failed {
			if place < len(steps) {
				refused[place] = true
			}
		}
		if err != nil || len(failed) == 0 || len(refused) > 0 {
			return refused, err
		}
		if try == conflictTries {
			return nil, fault.New(fault.Conflict, "")
		}
		if err := t.learnEdition(ctx); err != nil { // the one of new tickets is shut
			return nil, err
		}
	}
}

// advance makes the transaction: what is counted of each ticket, then the
// numbers of each edition. New tickets come into the latest edition alone.
func (t *Table) advance(steps []stats.Step) *transaction {
	tx := t.transaction()
	sums, fresh := map[int]stats.Delta{}, map[int]bool{}
	add := func(edition int, d stats.Delta) {
		sum := sums[edition]
		sum.Add(d)
		sums[edition] = sum
	}
	for _, s := range steps {
		now := s.Now
		if s.Was.UpTo == 0 {
			now.Edition = int(t.edition.Load())
			fresh[now.Edition] = true
			tx.put(t.countedToItem(now), slotFree, nil)
		} else {
			condition, vals := "up = :up AND attribute_not_exists(gone) AND attribute_not_exists(ed)", values{"up": s.Was.UpTo}
			if s.Was.Edition > 0 {
				condition, vals["ed"] = "up = :up AND attribute_not_exists(gone) AND ed = :ed", s.Was.Edition
			}
			tx.put(t.countedToItem(now), condition, vals)
			if now.Edition != s.Was.Edition {
				add(s.Was.Edition, s.Delta.Negative())
			}
		}
		add(now.Edition, s.Delta)
	}
	for _, edition := range slices.Sorted(maps.Keys(sums)) {
		tx.addEdition(edition, sums[edition], fresh[edition])
	}
	return tx
}

// addEdition adds to the numbers of an edition. fresh says that new tickets
// come into it: then it must not be shut.
func (tx *transaction) addEdition(edition int, sum stats.Delta, fresh bool) {
	for _, day := range slices.Sorted(maps.Keys(sum.Days)) {
		tx.update(addNumbers(dayKey(edition, day), sum.Days[day], nil))
	}
	if fresh && !sum.Empty() && len(sum.Backlog) == 0 {
		sum.Backlog = stats.Numbers{"s_new": 0} // opened and ended at once
	}
	if len(sum.Backlog) == 0 {
		return
	}
	c := addNumbers(backlogKey(edition), sum.Backlog, sum.Names)
	if fresh {
		c.condition = "attribute_not_exists(shut)"
	}
	tx.update(c)
}

// namesPrefix is put before a category's id where the backlog keeps its names.
const namesPrefix = "k_"

// addNumbers adds to the numbers of an item, which come into being with it.
func addNumbers(k key, n stats.Numbers, categories map[string]map[string]string) change {
	c := change{key: k, values: values{}}
	var adds, sets []string
	for _, name := range slices.Sorted(maps.Keys(n)) {
		adds = append(adds, fmt.Sprintf("%s :v%d", name, len(adds)))
		c.values[fmt.Sprintf("v%d", len(adds)-1)] = n[name]
	}
	for _, id := range slices.Sorted(maps.Keys(categories)) {
		sets = append(sets, fmt.Sprintf("%s%s = :k%d", namesPrefix, id, len(sets)))
		c.values[fmt.Sprintf("k%d", len(sets)-1)] = categories[id]
	}
	c.set = "ADD " + strings.Join(adds, ", ")
	if len(sets) > 0 {
		c.set += " SET " + strings.Join(sets, ", ")
	}
	return c
}

// Figures reads the numbers of a period and of the days that tell the age of
// the backlog: one read, or two when the period ended before those begin.
func (t *Table) Figures(ctx context.Context, p stats.Period) (stats.Record, error) {
	r := stats.Record{Days: map[string]stats.Numbers{}, Backlog: stats.Numbers{}, Names: map[string]map[string]string{}}
	since := stats.YoungSince(t.now())
	first := since
	switch {
	case p.To.Before(since):
		if err := t.addFigures(ctx, &r, dayKey(0, stats.DayOf(p.From)).SK, dayKey(0, stats.DayOf(p.To)).SK+afterEditions); err != nil {
			return r, err
		}
	case p.From.Before(since):
		first = p.From
	}
	return r, t.addFigures(ctx, &r, dayKey(0, stats.DayOf(first)).SK, statsEnd)
}

func (t *Table) addFigures(ctx context.Context, r *stats.Record, from, to string) error {
	in := &dynamodb.QueryInput{
		TableName: t.name, KeyConditionExpression: aws.String("PK = :pk AND SK BETWEEN :from AND :to"),
		ExpressionAttributeValues: values{"pk": statsPK, "from": from, "to": to}.wire(),
	}
	for {
		out, err := t.db.Query(ctx, in)
		if err != nil {
			return translate(err)
		}
		for _, i := range out.Items {
			if err := t.addFigure(r, i); err != nil {
				return err
			}
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; in.ExclusiveStartKey == nil {
			return nil
		}
	}
}

func (t *Table) addFigure(r *stats.Record, i item) error {
	var k key
	if err := decode(i, &k); err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(k.SK, prefixDay):
		day, _ := editionOf(k.SK, prefixDay)
		if r.Days[day] == nil {
			r.Days[day] = stats.Numbers{}
		}
		r.Days[day].Add(numbersOf(i))
	case strings.HasPrefix(k.SK, skBacklog):
		r.Backlog.Add(numbersOf(i))
		for name, value := range i {
			if id, ok := strings.CutPrefix(name, namesPrefix); ok {
				var texts map[string]string
				if err := decodeValue(value, &texts); err != nil {
					return err
				}
				r.Names[id] = texts
			}
		}
	case strings.HasPrefix(k.SK, prefixOpen):
		var open openItem
		err := decode(i, &open)
		r.Sockets += open.openAt(t.now())
		return err
	}
	return nil
}

func numbersOf(i item) stats.Numbers {
	n := stats.Numbers{}
	for name, value := range i {
		if number, ok := value.(*types.AttributeValueMemberN); ok {
			n[name], _ = strconv.Atoi(number.Value) // the table adds whole numbers alone
		}
	}
	return n
}

// openItem lists open sockets that expire within one hour: each as its second
// of that hour, four digits, and its id. A set takes the same socket twice
// without harm, and an item whose hour has passed goes by TTL, whatever it still
// lists; so the number of open sockets needs no counter that could go wrong.
type openItem struct {
	key
	Sockets []string `dynamodbav:"c,omitempty,stringset"`
}

const hourSeconds = 3600

func (i openItem) openAt(now time.Time) int {
	n := 0
	hour, _ := strconv.ParseInt(strings.Split(i.SK, "#")[1], 10, 64)
	for _, s := range i.Sockets {
		second, _ := strconv.ParseInt(s[:min(4, len(s))], 10, 64)
		if hour*hourSeconds+second > now.Unix() {
			n++
		}
	}
	return n
}

// NoteSocket lists a socket as open, or takes it from the list.
func (t *Table) NoteSocket(ctx context.Context, connectionID string, expires time.Time, open bool) error {
	hash := fnv.New32a()
	hash.Write([]byte(connectionID))
	hour := expires.Unix() / hourSeconds
	one := &types.AttributeValueMemberSS{Value: []string{fmt.Sprintf("%04d%s", expires.Unix()%hourSeconds, connectionID)}}
	c := change{key: openKey(hour, hash.Sum32()), set: "DELETE c :one", condition: "attribute_exists(PK)", values: values{"one": one}}
	if open {
		c.set, c.condition = "ADD c :one SET #ttl = :ttl", ""
		c.values["ttl"] = (hour + 2) * hourSeconds
	}
	_, _, err := t.update(ctx, c)
	return err
}
