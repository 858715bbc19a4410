package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/apperr"
	"ticketsystem/pkg/audit"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/event"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// adminCosts covers the life of one user, one category and one ticket.
func adminCosts() []costCase {
	var added user.User
	change := func(name string, golden cost, e account.UserUpdate) costCase {
		return costCase{name: name, golden: golden, run: func(ctx context.Context, f *costFixture) error {
			_, err := newUserAdmin(f.store).Update(ctx, adminActor, added.ID, e)
			return err
		}}
	}
	name, role, phone, password := "سارا کریمی", user.RoleUser, newPhone(), "another-horse-8"
	costs := []costCase{
		{name: "create user", golden: cost{1, 0, 15}, run: func(ctx context.Context, f *costFixture) (err error) {
			added, err = newUserAdmin(f.store).Create(ctx, adminActor, account.CreateUserParams{Phone: newPhone(), Name: "سارا حسینی", Role: user.RoleSupport})
			return err
		}},
		{name: "newest user of a role", golden: cost{2, 1.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			users, _, err := newUserAdmin(f.store).List(ctx, account.UserQuery{Role: user.RoleSupport, Limit: 1}, nil)
			if err == nil && len(users) != 1 {
				err = fmt.Errorf("got %d users", len(users))
			}
			return err
		}},
		{name: "first user by name", golden: cost{2, 1.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			users, _, err := newUserAdmin(f.store).List(ctx, account.UserQuery{Sort: account.UsersByName, Ascending: true, Limit: 1}, nil)
			if err == nil && len(users) != 1 {
				err = fmt.Errorf("got %d users", len(users))
			}
			return err
		}},
		{name: "stream: user seen", golden: cost{1, 0, 5}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.RecordSeen(ctx, added.ID, app.Now())
		}},
		{name: "stream: user seen, again", golden: cost{1, 0, 1}, run: func(ctx context.Context, f *costFixture) error {
			return f.store.RecordSeen(ctx, added.ID, app.Now())
		}},
		change("update user: name", cost{2, 1, 13}, account.UserUpdate{Name: &name}),
		change("update user: role", cost{6, 3, 17}, account.UserUpdate{Role: &role}),
		change("update user: phone", cost{7, 4, 15}, account.UserUpdate{Phone: &phone}),
		change("update user: password", cost{5, 3, 12}, account.UserUpdate{Password: &password}),
		{name: "delete user", golden: cost{4, 2, 20}, run: func(ctx context.Context, f *costFixture) error {
			return newUserAdmin(f.store).Delete(ctx, adminActor, added.ID)
		}},
		{name: "newest audit record", golden: cost{2, 2, 0}, run: func(ctx context.Context, f *costFixture) error {
			_, _, err := f.store.AuditRecords(ctx, audit.Query{Limit: 1})
			return err
		}},
		{name: "newest audit record of a user", golden: cost{3, 2.5, 0}, run: func(ctx context.Context, f *costFixture) error {
			records, _, err := f.store.AuditRecords(ctx, audit.Query{Target: added.ID, Actor: adminActor.ID, Limit: 1})
			if err == nil && len(records) != 1 {
				err = fmt.Errorf("got %d records", len(records))
			}
			return err
		}},
	}
	return append(append(costs, categoryCosts()...), purgeCosts()...)
}

func categoryCosts() []costCase {
	var created category.Category
	categories := func(f *costFixture) *category.Admin { return &category.Admin{Store: f.store, Recorder: recorder} }
	return []costCase{
		{name: "create category", golden: cost{2, 1, 9}, run: func(ctx context.Context, f *costFixture) (err error) {
			created, err = categories(f).Create(ctx, adminActor, category.Update{Names: map[string]string{"en": newID(), "fa": "بازپرداخت " + newID()}})
			return err
		}},
		{name: "update category", golden: cost{2, 1, 9}, run: func(ctx context.Context, f *costFixture) error {
			_, err := categories(f).Update(ctx, adminActor, created.ID, category.Update{Names: map[string]string{"en": newID()}})
			return err
		}},
		{name: "delete category", golden: cost{2, 1, 9}, run: func(ctx context.Context, f *costFixture) error {
			return categories(f).Delete(ctx, adminActor, created.ID)
		}},
	}
}

func purgeCosts() []costCase {
	ticketID, reza, params := "", customer("Reza"), ticket.CreateParams{}
	deleter := func(f *costFixture) *ticket.Deleter { return &ticket.Deleter{Store: f.store, Audit: recorder} }
	open := func(ctx context.Context, f *costFixture) error {
		params = f.createParams()
		tk, _, err := f.unmetered.Create(ctx, f.sara, params)
		ticketID = tk.ID
		if err == nil {
			err = f.unmetered.Project(ctx, ticketID, 1)
		}
		return err
	}
	purge := func(ctx context.Context, f *costFixture) error {
		return stream.PurgeDeleted(f.store, f.service, time.Hour)(ctx, event.TicketDeleted{TicketID: ticketID})
	}
	return []costCase{
		{name: "delete a ticket with If-Match", golden: cost{2, 1, 15}, prepare: open, run: func(ctx context.Context, f *costFixture) error {
			return deleter(f).IfVersion([]int{1}).Delete(ctx, adminActor, ticketID)
		}},
		{name: "delete a ticket", golden: cost{2, 1, 13}, prepare: open, run: func(ctx context.Context, f *costFixture) error { return deleter(f).Delete(ctx, adminActor, ticketID) }},
		{name: "create a deleted ticket again", golden: cost{4, 1, 2}, run: func(ctx context.Context, f *costFixture) error {
			if _, _, err := f.service.Create(ctx, f.sara, params); !apperr.Is(err, apperr.TicketDeleted) {
				return fmt.Errorf("got %w, want an error", err)
			}
			return nil
		}},
		{name: "stream: purge a ticket", golden: cost{2, 1, 4}, run: purge},
		{name: "stream: purge a follow-up", golden: cost{4, 2, 20}, run: purge, prepare: func(ctx context.Context, f *costFixture) error {
			old, _, err := f.unmetered.Create(ctx, f.sara, f.createParams())
			if err != nil {
				return err
			}
			_, err = f.unmetered.Close(ctx, f.sara, old.ID, newID())
			followUp := f.createParams()
			followUp.FollowUpOf = old.ID
			tk, _, createErr := f.unmetered.Create(ctx, f.sara, followUp)
			ticketID = tk.ID
			return errors.Join(err, createErr, f.unmetered.Project(ctx, old.ID, 3), deleter(f).Delete(ctx, adminActor, ticketID))
		}},
		{name: "stream: remove the name of a deleted customer with one ticket", golden: cost{22, 21, 33}, run: func(ctx context.Context, f *costFixture) error {
			return stream.PropagateUser(f.store, f.store, f.service)(ctx, event.UserPropagation{UserID: reza.UserID, Run: "1"})
		}, prepare: func(ctx context.Context, f *costFixture) error {
			tk, _, err := f.unmetered.Create(ctx, reza, f.createParams())
			return errors.Join(err, openStore().AddOwnTicket(ctx, reza.UserID, tk.ID))
		}},
	}
}
