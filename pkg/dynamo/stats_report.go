package dynamo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/parallel"
	"ticketsystem/pkg/stats"
	"ticketsystem/pkg/user"
)

// StatsSnapshot returns the counts of a period and of the days that show the age of
// the backlog. It makes one query, another if the period ended before those days, and
// one for the quarter hours of each day that is partly in the period.
func (s *Store) StatsSnapshot(ctx context.Context, p stats.Period) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	since := stats.FirstDayWithin7Days(r.At)
	first, last := p.Range()
	type keyRange struct{ from, to string }
	var ranges []keyRange
	if last.Before(since) {
		ranges = append(ranges, keyRange{dayPrefix(first, false), dayPrefix(last.AddDate(0, 0, 1), false)})
		first = since
	} else if since.Before(first) {
		first = since
	}
	ranges = append(ranges, keyRange{dayPrefix(first, false), statsEnd})
	for _, day := range p.PartialDays(r.At) {
		ranges = append(ranges, keyRange{dayPrefix(day, true), dayPrefix(day.AddDate(0, 0, 1), true)})
	}
	for _, one := range ranges {
		if err := s.addCounts(ctx, &r, one.from, one.to); err != nil {
			return r, err
		}
	}
	return r, nil
}

// TicketCounts implements stream.CountsPublishStore with one query: the counts of the backlog, of
// each category and each agent.
func (s *Store) TicketCounts(ctx context.Context) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	return r, s.addCounts(ctx, &r, prefixAgentStats, skBacklog+afterGenerations, consistent)
}

// AgentStats returns TicketCounts and who is online, with one query.
func (s *Store) AgentStats(ctx context.Context) (stats.Snapshot, error) {
	r := stats.NewSnapshot(s.now())
	return r, s.addCounts(ctx, &r, prefixAgentStats, statsEnd)
}

// CustomerStats returns a user and the counts of the user's tickets with one query. Returns
// user_not_found.
func (s *Store) CustomerStats(ctx context.Context, id string) (u user.User, counts stats.Counts, err error) {
	counts = stats.Counts{}
	in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": userKey(id).PK, "from": skCustomerStats, "to": skUser}, consistent)
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return u, counts, err
		}
		i, err := decodeAs[userItem](row)
		if err != nil {
			return u, counts, err
		}
		if i.SK == skUser {
			u = i.user()
		} else {
			counts.Add(countsOf(row))
		}
	}
	if u.ID == "" {
		return u, counts, apperr.New(apperr.UserNotFound, "")
	}
	return u, counts, nil
}

func (s *Store) addCounts(ctx context.Context, r *stats.Snapshot, from, to string, options ...queryOption) error {
	shards := shardKeys(statsPK, s.Shards.Stats.Reads())
	var mu sync.Mutex // guards r
	return parallel.ForEach(shards, len(shards), func(shard string) error {
		in := queryInput("PK = :pk AND SK BETWEEN :from AND :to", values{"pk": shard, "from": from, "to": to}, options...)
		for row, err := range s.query(ctx, in) {
			if err != nil {
				return err
			}
			mu.Lock()
			err = addCount(r, row)
			mu.Unlock()
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func addCount(r *stats.Snapshot, i item) error {
	k, err := decodeAs[key](i)
	if err != nil {
		return err
	}
	if slot, _, ok := k.statsSlot(); ok {
		if r.Slots[slot] == nil {
			r.Slots[slot] = stats.Counts{}
		}
		r.Slots[slot].Add(countsOf(i))
		if names, ok := i[categoryNames]; ok {
			var texts map[string]string
			err = decodeValue(names, &texts)
			r.CategoryNames[slot.CategoryID] = texts
		}
		return err
	}
	switch {
	case strings.HasPrefix(k.SK, skBacklog):
		r.Backlog.Add(countsOf(i))
	case strings.HasPrefix(k.SK, prefixOpenSockets):
		open, err := decodeAs[openSocketsItem](i)
		open.addTo(r)
		return err
	}
	return nil
}

func countsOf(i item) stats.Counts {
	n := stats.Counts{}
	for name, value := range i {
		if number, ok := value.(*types.AttributeValueMemberN); ok {
			n[name], _ = strconv.Atoi(number.Value) // counts are integers
		}
	}
	return n
}

// openSocketsItem is the set of open sockets that expire within one hour. A member
// is the second of that hour, in four digits, the connection id, and # and the user if
// that is staff. A set, unlike a counter, stays right when a write is repeated, and TTL
// removes what was never closed.
type openSocketsItem struct {
	key
	Sockets []string `dynamodbav:"c,omitempty,stringset"`
}

const hourSeconds = 3600

// addTo adds the sockets that have not expired.
func (i openSocketsItem) addTo(r *stats.Snapshot) {
	hour, _ := strconv.ParseInt(strings.Split(i.SK, "#")[1], 10, 64)
	for _, s := range i.Sockets {
		second, _ := strconv.ParseInt(s[:min(4, len(s))], 10, 64)
		if hour*hourSeconds+second <= r.At.Unix() {
			continue
		}
		r.OpenSockets++
		if _, agent, found := strings.Cut(s, "#"); found {
			r.OnlineAgents[agent] = true
		}
	}
}

// RecordSocket implements stream.ActivityStore.
func (s *Store) RecordSocket(ctx context.Context, connectionID, agentID string, expires time.Time, open bool) error {
	hour := expires.Unix() / hourSeconds
	member := fmt.Sprintf("%04d%s", expires.Unix()%hourSeconds, connectionID)
	if agentID != "" {
		member += "#" + agentID
	}
	one := &types.AttributeValueMemberSS{Value: []string{member}}
	c := updateSpec{key: openSocketsKey(hour, connectionID, s.Shards.Stats.Writes()), set: "DELETE c :one", condition: "attribute_exists(PK)", values: values{"one": one}}
	if open {
		c.set, c.condition = "ADD c :one SET #ttl = :ttl", ""
		c.values["ttl"] = (hour + 2) * hourSeconds
	}
	_, _, err := s.update(ctx, c)
	return err
}
