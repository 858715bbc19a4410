package conformance

import (
	"context"
	"fmt"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/fault"
	"ticketsystem/pkg/stream"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/ticket"
	"ticketsystem/pkg/user"
)

// adminCosts: one person, one category and one ticket, from beginning to end.
func adminCosts() []cost {
	var person user.User
	change := func(name string, golden price, e account.Edit) cost {
		return cost{name: name, golden: golden, run: func(ctx context.Context, k *market) error {
			_, err := newRegistry(k.store).Change(ctx, boss, person.ID, e)
			return err
		}}
	}
	name, role, number := "سارا کریمی", user.RoleUser, newNumber()
	costs := []cost{
		{name: "enter a person", golden: price{1, 0, 8}, run: func(ctx context.Context, k *market) (err error) {
			person, err = newRegistry(k.store).Add(ctx, boss, account.NewPerson{Phone: newNumber(), Name: "سارا حسینی", Role: user.RoleSupport})
			return err
		}},
		{name: "newest person of a role", golden: price{2, 1.5, 0}, run: func(ctx context.Context, k *market) error {
			people, _, err := newRegistry(k.store).List(ctx, account.Wanted{Role: user.RoleSupport, Limit: 1}, nil)
			if err == nil && len(people) != 1 {
				err = fmt.Errorf("got %d people", len(people))
			}
			return err
		}},
		change("change a person's name", price{2, 1, 6}, account.Edit{Name: &name}),
		change("change a person's role", price{6, 3, 10}, account.Edit{Role: &role}),
		change("change a person's number", price{7, 4, 10}, account.Edit{Phone: &number}),
		{name: "remove a person", golden: price{4, 2, 9}, run: func(ctx context.Context, k *market) error {
			return newRegistry(k.store).Remove(ctx, boss, person.ID)
		}},
		{name: "newest deed", golden: price{1, 1, 0}, run: func(ctx context.Context, k *market) error {
			_, err := k.store.Audit(ctx, "", 1)
			return err
		}},
	}
	return append(append(costs, shelfCosts()...), graveCosts()...)
}

func shelfCosts() []cost {
	var made category.Category
	editor := func(k *market) *category.Editor { return &category.Editor{Shelf: k.store, Pen: pen} }
	return []cost{
		{name: "add a category", golden: price{2, 1, 6}, run: func(ctx context.Context, k *market) (err error) {
			made, err = editor(k).Add(ctx, boss, category.Edit{Names: map[string]string{"en": newID(), "fa": "بازپرداخت " + newID()}})
			return err
		}},
		{name: "change a category", golden: price{2, 1, 6}, run: func(ctx context.Context, k *market) error {
			_, err := editor(k).Change(ctx, boss, made.ID, category.Edit{Names: map[string]string{"en": newID()}})
			return err
		}},
		{name: "remove a category", golden: price{2, 1, 6}, run: func(ctx context.Context, k *market) error {
			return editor(k).Remove(ctx, boss, made.ID)
		}},
	}
}

func graveCosts() []cost {
	gone, reza, opening := "", customer("Reza"), ticket.Draft{}
	bin := func(k *market) *ticket.Bin { return &ticket.Bin{Store: k.store, Pen: pen} }
	return []cost{
		{
			name: "delete a ticket", golden: price{2, 1, 10}, run: func(ctx context.Context, k *market) error { return bin(k).Remove(ctx, boss, gone) },
			before: func(ctx context.Context, k *market) error {
				opening = k.draft()
				h, _, err := k.unpaid.Create(ctx, k.sara, opening)
				gone = h.ID
				if err == nil {
					err = k.unpaid.Project(ctx, gone, 1)
				}
				return err
			},
		},
		{name: "open it again", golden: price{2, 1, 0}, run: func(ctx context.Context, k *market) error {
			if _, _, err := k.desk.Create(ctx, k.sara, opening); !fault.Is(err, fault.TicketDeleted) {
				return fmt.Errorf("got %w, want a refusal", err)
			}
			return nil
		}},
		{name: "stream: erase a ticket", golden: price{2, 1, 3}, run: func(ctx context.Context, k *market) error {
			return stream.Erase(k.store, &shredder{})(ctx, table.Change{Gone: gone})
		}},
		{name: "stream: unname a customer with one", golden: price{3, 1, 2}, run: func(ctx context.Context, k *market) error {
			return k.store.Unname(ctx, reza.UserID)
		}, before: func(ctx context.Context, k *market) error {
			_, _, err := k.unpaid.Create(ctx, reza, k.draft())
			return err
		}},
	}
}
