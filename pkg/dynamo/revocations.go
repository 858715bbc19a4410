package dynamo

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/limit"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

var (
	_ account.RevocationStore = (*Store)(nil)
	_ account.KeyStore        = (*Store)(nil)
	_ limit.BlockStore        = (*Store)(nil)
)

// revocationItem is the end of a subject's access at a time. Its key holds the subject
// and the rights, so equal revocations overwrite each other and different ones do not.
// The key sorts by time, so one query reads the revocations that still matter.
type revocationItem struct {
	key
	TTL    int64  `dynamodbav:"ttl"`
	Quota  int    `dynamodbav:"quota,omitempty"` // of a block
	Window int    `dynamodbav:"win,omitempty"`   // of a block, in seconds
	Keys   string `dynamodbav:"kids,omitempty"`  // of publicKeysItem
}

// publicKeysItem is the published keys of access tokens.
type publicKeysItem struct {
	key
	PublishedAt int64  `dynamodbav:"ms"`
	Keys        string `dynamodbav:"kids"`
}

// PublishKeys implements account.KeyStore.
func (s *Store) PublishKeys(ctx context.Context, keys auth.PublicKeys, at, before time.Time) (published bool, err error) {
	old, err := s.put(ctx, publicKeysItem{publicKeysKey(), at.UnixMilli(), keys.Encode()}, "attribute_not_exists(PK) OR ms <= :before", values{"before": before.UnixMilli()})
	return old == nil && err == nil, err
}

func newRevocationItem(subject string, r user.Revocation) revocationItem {
	if r.Until.IsZero() {
		r.Until = r.At.Add(account.RevocationTTL)
	}
	return revocationItem{key: revocationKey(subject, r), TTL: r.Until.Unix()}
}

// AddRevocation implements account.SessionStore and account.ProfileStore.
func (s *Store) AddRevocation(ctx context.Context, subject string, r user.Revocation) error {
	_, err := s.put(ctx, newRevocationItem(subject, r), "", nil)
	return err
}

// addRevocation adds the write of a revocation.
func (tx *transaction) addRevocation(subject string, r user.Revocation) *transaction {
	return tx.put(newRevocationItem(subject, r), "", nil)
}

// AddBlock implements limit.BlockStore.
func (s *Store) AddBlock(ctx context.Context, b limit.Block) error {
	_, err := s.put(ctx, revocationItem{key: blockKey(b), TTL: b.Until.Unix(), Quota: b.Rule.Max, Window: int(b.Rule.Window / time.Second)}, "", nil)
	return err
}

// RevocationsSince implements account.RevocationStore.
func (s *Store) RevocationsSince(ctx context.Context, since time.Time) (account.Restrictions, error) {
	in := queryInput("PK = :pk AND SK > :from", values{"pk": revocationPK, "from": ticket.TimeSortKey(since)})
	in.ProjectionExpression, in.ExpressionAttributeNames = aws.String("SK, #ttl, quota, win, kids"), map[string]string{"#ttl": "ttl"}
	list := account.NewRestrictions()
	for row, err := range s.query(ctx, in) {
		if err != nil {
			return account.Restrictions{}, err
		}
		i, err := decodeAs[revocationItem](row)
		if err == nil && i.SK == publicKeysKey().SK {
			list.Keys, err = auth.ParsePublicKeys(i.Keys)
		}
		if err != nil {
			return account.Restrictions{}, err
		}
		if i.TTL <= s.now().Unix() {
			continue
		}
		subject, r, rule := i.revocation()
		if until := time.Unix(i.TTL, 0).UTC(); rule != "" {
			list.Blocks[subject] = append(list.Blocks[subject], limit.Block{
				UserID: subject, Rule: limit.Rule{Name: rule, Max: i.Quota, Window: time.Duration(i.Window) * time.Second}, At: r.At, Until: until,
			})
		} else {
			r.Until = until
			list.Revocations[subject] = append(list.Revocations[subject], r)
		}
	}
	return list, nil
}

// entryCountItem counts the entries of a user on a day, and in its last minute with any.
type entryCountItem struct {
	Minute   int64 `dynamodbav:"win"`
	InMinute int   `dynamodbav:"part"`
	InDay    int   `dynamodbav:"hits"`
}

// CountEntries implements limit.BlockStore. It takes one write, and a second one if the minute was
// begun by another instance. Entries of an earlier minute count to the last one.
func (s *Store) CountEntries(ctx context.Context, userID string, minute time.Time, n int) (inMinute, inDay int, err error) {
	day := minute.Truncate(24 * time.Hour)
	k := rateLimitKey("entries#"+userID, day.Unix())
	v := values{"n": n, "win": minute.Unix(), "ttl": day.Add(48 * time.Hour).Unix()}
	var after item
	applied := false
	if !s.counted.Has(minute, userID) {
		after, applied, err = s.update(ctx, updateSpec{
			key: k, set: "SET win = :win, part = :n, #ttl = :ttl ADD hits :n", condition: "attribute_not_exists(win) OR win < :win", values: v,
		})
	}
	if err == nil && !applied {
		after, _, err = s.update(ctx, updateSpec{key: k, set: "SET #ttl = :ttl ADD hits :n, part :n", values: values{"n": n, "ttl": v["ttl"]}})
	}
	if err != nil {
		return 0, 0, err
	}
	s.counted.Add(minute, userID, 1, 0)
	i, err := decodeAs[entryCountItem](after)
	return i.InMinute, i.InDay, err
}
