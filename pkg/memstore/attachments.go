package memstore

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/attachment"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/user"
)

// AddAttachment implements attachment.Store.
func (s *Store) AddAttachment(_ context.Context, a attachment.Attachment) error {
	return s.do("AddAttachment", a.ID, func() error {
		if err := checkItem(a.ID, "", a); err != nil {
			return err
		}
		s.attachments[a.ID] = storedAttachment{a, a.CreatedAt.Add(attachment.UnusedTTL)}
		return nil
	})
}

// Attachment implements attachment.Store and account.AttachmentStore.
func (s *Store) Attachment(_ context.Context, id string) (a attachment.Attachment, err error) {
	err = s.do("Attachment", id, func() error {
		stored, found := s.attachments[id]
		if !found {
			return apperr.New(apperr.AttachmentNotFound, "")
		}
		a = stored.Attachment
		return nil
	})
	return a, err
}

// Attachments implements ticket.AttachmentStore. The order of the result is
// reversed, because callers must not rely on it.
func (s *Store) Attachments(_ context.Context, ids []string) (found []attachment.Attachment, err error) {
	err = s.do("Attachments", "", func() error {
		for _, id := range slices.Backward(ids) {
			if stored, exists := s.attachments[id]; exists {
				found = append(found, stored.Attachment)
			}
		}
		return nil
	})
	return found, err
}

// ProlongAttachment implements account.AttachmentStore.
func (s *Store) ProlongAttachment(_ context.Context, id string, until time.Time) error {
	return s.do("ProlongAttachment", id, func() error {
		if stored, found := s.attachments[id]; found && !stored.expires.IsZero() {
			stored.expires = until
			s.attachments[id] = stored
		}
		return nil
	})
}

// AttachmentExpiry returns when an attachment expires, the zero time for one that does not.
func (s *Store) AttachmentExpiry(id string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.attachments[id].expires
}

// SetAttachmentState implements attachment.Store.
func (s *Store) SetAttachmentState(_ context.Context, id string, to attachment.Result) error {
	return s.do("SetAttachmentState", id, func() error {
		stored, found := s.attachments[id]
		if !found {
			return apperr.New(apperr.AttachmentNotFound, "")
		}
		if stored.State != attachment.Pending && stored.State != to.State {
			return nil
		}
		stored.State, stored.Reason = to.State, to.Reason
		stored.Width, stored.Height, stored.Thumbnail = to.Width, to.Height, to.Thumbnail
		s.attachments[id] = stored
		if stored.TicketID == "" {
			return nil
		}
		p := s.partition(stored.TicketID)
		if i, found := p.find(stored.Seq); found {
			p.entries[i] = cloneEntry(p.entries[i])
			for n := range p.entries[i].Attachments {
				if f := &p.entries[i].Attachments[n]; f.ID == id {
					f.State, f.Width, f.Height = string(to.State), to.Width, to.Height
				}
			}
		}
		return nil
	})
}

// Categories implements category.Store.
func (s *Store) Categories(context.Context) (list []category.Category, err error) {
	err = s.do("Categories", "", func() error {
		list = slices.SortedFunc(maps.Values(s.categories), func(a, b category.Category) int { return strings.Compare(a.ID, b.ID) })
		return nil
	})
	return list, err
}

// CategoriesConsistent implements category.Store and category.AdminStore.
func (s *Store) CategoriesConsistent(ctx context.Context) (list []category.Category, revision int, err error) {
	if list, err = s.Categories(ctx); err != nil {
		return nil, 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return list, s.revision, nil
}

// SaveCategory stores a category unconditionally.
func (s *Store) SaveCategory(_ context.Context, c category.Category) error {
	return s.do("SaveCategory", c.ID, func() error {
		s.categories[c.ID] = c
		return nil
	})
}

// PutCategory implements category.AdminStore.
func (s *Store) PutCategory(_ context.Context, c category.Category, revision int, r audit.Record) error {
	return s.do("PutCategory", c.ID, func() error {
		return s.writeCategories(revision, r, func() { s.categories[c.ID] = c })
	})
}

// DeleteCategory implements category.AdminStore.
func (s *Store) DeleteCategory(_ context.Context, categoryID string, revision int, r audit.Record) error {
	return s.do("DeleteCategory", categoryID, func() error {
		if _, found := s.categories[categoryID]; !found {
			return apperr.New(apperr.Conflict, "")
		}
		return s.writeCategories(revision, r, func() { delete(s.categories, categoryID) })
	})
}

func (s *Store) writeCategories(revision int, r audit.Record, write func()) error {
	if revision != s.revision {
		return apperr.New(apperr.Conflict, "")
	}
	write()
	s.revision++
	s.audit = append(s.audit, r)
	return nil
}

// AuditRecords implements audit.Store.
func (s *Store) AuditRecords(_ context.Context, q audit.Query) (records []audit.Record, next string, err error) {
	err = s.do("AuditRecords", q.Before, func() error {
		from, to := q.Bounds()
		records = slices.SortedFunc(slices.Values(s.audit), func(a, b audit.Record) int { return strings.Compare(b.ID, a.ID) })
		records = slices.DeleteFunc(records, func(r audit.Record) bool { return r.ID < from || r.ID >= to || !q.Matches(r) })
		if len(records) > q.Limit {
			records = records[:q.Limit]
			next = records[q.Limit-1].ID
		}
		for n := range records {
			actor, name := &records[n].Actor, user.DeletedName
			if u, found := s.users[actor.ID]; found || actor.ID == "" {
				name = u.Name
			}
			actor.Name = name
		}
		return nil
	})
	return records, next, err
}
