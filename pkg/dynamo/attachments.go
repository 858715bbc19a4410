package dynamo

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/parallel"
)

// attachmentItem is an attachment. It has a TTL unless a message or a profile uses
// it, so unused uploads expire. The stream deletes the objects of a deleted item.
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
	Width    int    `dynamodbav:"width,omitempty"`
	Height   int    `dynamodbav:"height,omitempty"`
	Thumb    bool   `dynamodbav:"thumb,omitempty"`
	At       int64  `dynamodbav:"at"`
	TTL      int64  `dynamodbav:"ttl,omitempty"`
	Picture  bool   `dynamodbav:"picture,omitempty"`
}

func attachmentToItem(a attachment.Attachment) attachmentItem {
	return attachmentItem{
		key: attachmentKey(a.ID), Owner: a.Owner, Name: a.Name, Type: a.Type, Size: a.Size, SHA256: a.SHA256,
		State: string(a.State), Reason: a.Reason, Ticket: a.TicketID, Seq: a.Seq, Internal: a.Internal,
		Customer: a.CustomerID, Width: a.Width, Height: a.Height, Thumb: a.Thumbnail, Picture: a.InProfile, At: toMillis(a.CreatedAt),
	}
}

func (i attachmentItem) attachment() attachment.Attachment {
	return attachment.Attachment{
		ID: idOf(i.PK), Owner: i.Owner, Name: i.Name, Type: i.Type, Size: i.Size, SHA256: i.SHA256,
		State: attachment.State(i.State), Reason: i.Reason, TicketID: i.Ticket, Seq: i.Seq, Internal: i.Internal,
		CustomerID: i.Customer, Width: i.Width, Height: i.Height, Thumbnail: i.Thumb, InProfile: i.Picture, CreatedAt: fromMillis(i.At),
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

// ProlongAttachment implements account.AttachmentStore.
func (s *Store) ProlongAttachment(ctx context.Context, id string, until time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "SET #ttl = :until", condition: "attribute_exists(#ttl)", values: values{"until": until.Unix()},
	})
	return err
}

// RetainAttachment implements stream.FileStore.
func (s *Store) RetainAttachment(ctx context.Context, id string) error {
	_, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "SET picture = :picture REMOVE #ttl", condition: "attribute_exists(PK) AND attribute_not_exists(ticket)",
		values: values{"picture": true},
	})
	return err
}

// ExpireAttachment implements stream.FileStore.
func (s *Store) ExpireAttachment(ctx context.Context, id string, at time.Time) error {
	_, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "SET #ttl = :at REMOVE picture", condition: "attribute_exists(PK) AND attribute_not_exists(ticket)",
		values: values{"at": at.Unix()},
	})
	return err
}

// AddFileReference implements stream.FileStore.
func (s *Store) AddFileReference(ctx context.Context, ownerID, id string) error {
	_, err := s.put(ctx, nameReferenceItem{ownFileKey(ownerID, id)}, "", nil)
	return err
}

// DeleteFileReference implements stream.FileStore.
func (s *Store) DeleteFileReference(ctx context.Context, ownerID, id string) error {
	_, err := s.remove(ctx, ownFileKey(ownerID, id), "", nil)
	return err
}

// EraseAttachments implements stream.UserPropagationStore. It deletes the items after the entries
// that show them were changed.
func (s *Store) EraseAttachments(ctx context.Context, ownerID string, after map[string]string, n int) (next map[string]string, err error) {
	first := ownFileKey(ownerID, "")
	in := queryInput("PK = :pk AND begins_with(SK, :prefix)", values{"pk": first.PK, "prefix": first.SK}, consistent, pageOf(n))
	in.ExclusiveStartKey = startKey(after)
	out, err := s.queryPage(ctx, in)
	if err != nil {
		return nil, err
	}
	references, err := decodeAll[key](out.Items)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(references))
	for i, k := range references {
		ids[i] = strings.TrimPrefix(k.SK, prefixOwnFile)
	}
	return cursorOf(out.LastEvaluatedKey), s.eraseAttachments(ctx, ids)
}

// EraseAttachment implements stream.FileStore.
func (s *Store) EraseAttachment(ctx context.Context, id string) error {
	return s.eraseAttachments(ctx, []string{id})
}

func (s *Store) eraseAttachments(ctx context.Context, ids []string) error {
	files, err := s.Attachments(ctx, ids)
	if err != nil {
		return err
	}
	files = slices.DeleteFunc(files, func(a attachment.Attachment) bool { return a.TicketID != "" && a.CustomerID != a.Owner })
	err = parallel.ForEach(files, maxParallelErasures, func(a attachment.Attachment) error {
		if a.TicketID == "" {
			return nil
		}
		a.State, a.Name = attachment.Expired, erasedName
		return s.copyToEntry(ctx, a)
	})
	if err != nil {
		return err
	}
	keys := make([]key, len(files))
	for i, a := range files {
		keys[i] = attachmentKey(a.ID)
	}
	return s.batchDelete(ctx, keys)
}

const (
	maxParallelErasures = 8
	erasedName          = "removed" // replaces a file name, which may name the user
)

// Attachments implements ticket.AttachmentStore.
func (s *Store) Attachments(ctx context.Context, ids []string) ([]attachment.Attachment, error) {
	items, err := getAll[attachmentItem](ctx, s, keysOf(ids, attachmentKey), true)
	if err != nil {
		return nil, err
	}
	files := make([]attachment.Attachment, len(items))
	for n, i := range items {
		files[n] = i.attachment()
	}
	return files, nil
}

// SetAttachmentState implements attachment.Store. It writes the attachment first
// and then the copy of the state in its entry; attachFiles checks the state in the
// opposite race, when the entry is written at the same time.
func (s *Store) SetAttachmentState(ctx context.Context, id string, to attachment.Result) error {
	stored, _, err := s.update(ctx, updateSpec{
		key: attachmentKey(id), set: "SET #state = :to, reason = :reason, width = :w, height = :h, thumb = :th",
		condition: "#state = :pending OR #state = :to",
		values: values{
			"to": string(to.State), "reason": to.Reason, "w": to.Width, "h": to.Height, "th": to.Thumbnail, "pending": string(attachment.Pending),
		},
	})
	if err != nil {
		return err
	}
	if stored == nil {
		return apperr.New(apperr.AttachmentNotFound, "")
	}
	i, err := decodeAs[attachmentItem](stored)
	if err != nil || i.Ticket == "" || i.State != string(to.State) {
		return err
	}
	return s.copyToEntry(ctx, i.attachment())
}

// copyToEntry copies what can change of an attachment to the entry that contains it.
func (s *Store) copyToEntry(ctx context.Context, a attachment.Attachment) error {
	k := entryKey(a.TicketID, a.Seq)
	var entry entryItem
	if found, err := s.get(ctx, k, true, &entry); err != nil || !found {
		return err
	}
	for n, f := range entry.Files {
		if f.ID != a.ID || f.State == string(a.State) && f.Name == a.Name && f.Width == a.Width && f.Height == a.Height {
			continue
		}
		path := "f[" + strconv.Itoa(n) + "]"
		_, _, err := s.update(ctx, updateSpec{ // an erased file keeps no name
			key: k, condition: path + ".i = :id AND (" + path + ".s <> :expired OR :state = :expired)",
			set:    "SET " + path + ".s = :state, " + path + ".n = :name, " + path + ".w = :w, " + path + ".h = :h",
			values: values{"state": string(a.State), "name": a.Name, "w": a.Width, "h": a.Height, "id": a.ID, "expired": string(attachment.Expired)},
		})
		return err
	}
	return nil
}

// attachFiles adds the writes that attach files to an entry. Their conditions fail
// if a file is already attached, a profile picture or not in the state that the entry shows.
func attachFiles(tx *transaction, files []attachment.Attachment) {
	for _, a := range files {
		tx.update(updateSpec{
			key:       attachmentKey(a.ID),
			set:       "SET ticket = :ticket, seq = :seq, internal = :internal, customer = :customer REMOVE #ttl",
			condition: "attribute_not_exists(ticket) AND attribute_not_exists(picture) AND #owner = :owner AND #state = :state",
			values: values{
				"ticket": a.TicketID, "seq": a.Seq, "internal": a.Internal, "customer": a.CustomerID,
				"owner": a.Owner, "state": string(a.State),
			},
		})
	}
}
