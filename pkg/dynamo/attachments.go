package dynamo

import (
	"context"
	"strconv"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
)

// attachmentItem is an attachment. It has a TTL until it is attached to a ticket,
// so unused uploads expire.
type attachmentItem struct {
	key
	Owner    string `dynamodbav:"owner"`
	Name     string `dynamodbav:"name"`
	Type     string `dynamodbav:"type"`
	Size     int64  `dynamodbav:"size"`
	SHA256   string `dynamodbav:"sha,omitempty"`
	State    string `dynamodbav:"state"`
	Reason   string `dynamodbav:"reason,omitempty"`
	Ticket   string `dynamodbav:"ticket,omitempty"`
	Seq      int    `dynamodbav:"seq,omitempty"`
	Internal bool   `dynamodbav:"internal,omitempty"`
	Customer string `dynamodbav:"customer,omitempty"`
	At       int64  `dynamodbav:"at"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
}

func attachmentToItem(a attachment.Attachment) attachmentItem {
	return attachmentItem{
		key: attachmentKey(a.ID), Owner: a.Owner, Name: a.Name, Type: a.Type, Size: a.Size, SHA256: a.SHA256,
		State: string(a.State), Reason: a.Reason, Ticket: a.TicketID, Seq: a.Seq, Internal: a.Internal,
		Customer: a.CustomerID, At: toMillis(a.CreatedAt),
	}
}

func (i attachmentItem) attachment() attachment.Attachment {
	return attachment.Attachment{
		ID: idOf(i.PK), Owner: i.Owner, Name: i.Name, Type: i.Type, Size: i.Size, SHA256: i.SHA256,
		State: attachment.State(i.State), Reason: i.Reason, TicketID: i.Ticket, Seq: i.Seq, Internal: i.Internal,
		CustomerID: i.Customer, CreatedAt: fromMillis(i.At),
	}
}

var _ attachment.Store = (*Store)(nil)

// AddAttachment implements attachment.Store.
func (s *Store) AddAttachment(ctx context.Context, a attachment.Attachment) error {
	i := attachmentToItem(a)
	i.TTL = a.CreatedAt.Add(attachment.UnusedTTL).Unix()
	_, err := s.put(ctx, i, "", nil)
	return err
}

// Attachment implements attachment.Store.
func (s *Store) Attachment(ctx context.Context, id string) (attachment.Attachment, error) {
	var i attachmentItem
	found, err := s.get(ctx, attachmentKey(id), true, &i)
	if err == nil && !found {
		err = apperr.New(apperr.AttachmentNotFound, "")
	}
	return i.attachment(), err
}

// RetainAttachment implements account.AttachmentStore.
func (s *Store) RetainAttachment(ctx context.Context, id string) error {
	_, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "REMOVE #ttl", condition: "attribute_exists(PK)",
	})
	return err
}

// Attachments implements ticket.AttachmentStore.
func (s *Store) Attachments(ctx context.Context, ids []string) ([]attachment.Attachment, error) {
	keys := make([]key, len(ids))
	for i, id := range ids {
		keys[i] = attachmentKey(id)
	}
	items, err := s.batchGet(ctx, keys, true)
	if err != nil {
		return nil, err
	}
	decoded, err := decodeAll[attachmentItem](items)
	if err != nil {
		return nil, err
	}
	files := make([]attachment.Attachment, len(decoded))
	for n, i := range decoded {
		files[n] = i.attachment()
	}
	return files, nil
}

// SetAttachmentState implements attachment.Store. It writes the attachment first
// and then the copy of the state in its entry; attachFiles checks the state in the
// opposite race, when the entry is written at the same time.
func (s *Store) SetAttachmentState(ctx context.Context, id string, to attachment.State, reason string) error {
	stored, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "SET #state = :to, reason = :reason",
		condition: "#state = :pending OR #state = :to",
		values:    values{"to": string(to), "reason": reason, "pending": string(attachment.Pending)},
	})
	if err != nil || stored == nil {
		return err
	}
	i, err := decodeAs[attachmentItem](stored)
	if err != nil || i.Ticket == "" || i.State != string(to) {
		return err
	}
	return s.copyStateToEntry(ctx, i.attachment())
}

func (s *Store) copyStateToEntry(ctx context.Context, a attachment.Attachment) error {
	k := entryKey(a.TicketID, a.Seq)
	var entry entryItem
	if found, err := s.get(ctx, k, true, &entry); err != nil || !found {
		return err
	}
	for n, f := range entry.Files {
		if f.ID != a.ID || f.State == string(a.State) {
			continue
		}
		path := "f[" + strconv.Itoa(n) + "]"
		_, _, err := s.update(ctx, updateSpec{
			key: k, set: "SET " + path + ".s = :state", condition: path + ".i = :id",
			values: values{"state": string(a.State), "id": a.ID},
		})
		return err
	}
	return nil
}

// attachFiles adds the writes that attach files to an entry. Their conditions fail
// if a file is already attached or not in the state that the entry shows.
func attachFiles(tx *transaction, files []attachment.Attachment) {
	for _, a := range files {
		tx.update(updateSpec{
			key:       attachmentKey(a.ID),
			set:       "SET ticket = :ticket, seq = :seq, internal = :internal, customer = :customer REMOVE #ttl",
			condition: "attribute_not_exists(ticket) AND #owner = :owner AND #state = :state",
			values: values{
				"ticket": a.TicketID, "seq": a.Seq, "internal": a.Internal, "customer": a.CustomerID,
				"owner": a.Owner, "state": string(a.State),
			},
		})
	}
}
