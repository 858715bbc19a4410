// Package seed puts people and categories into a fresh table, so that there is
// somebody to sign in as and something to file a ticket under.
package seed

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/table"
	"ticketsystem/pkg/user"
	"ticketsystem/pkg/wiring"
)

// Password is what all seeded people sign in with.
const Password = "ticket-demo-2026"

// Person is one of those who are seeded.
type Person struct {
	Phone string // as it is typed
	Name  string
	Role  user.Role
}

// People are those who are seeded.
func People() []Person {
	return []Person{
		{"09120000001", "Parisa Ahmadi", user.RoleAdmin},
		{"09120000002", "Reza Karimi", user.RoleSupport},
		{"09120000003", "Sara Hosseini", user.RoleSupport},
		{"09120000004", "Amir Rahimi", user.RoleUser},
	}
}

// Seed writes people and categories; to run it again changes nothing, because
// their ids follow from their numbers and names.
func Seed(ctx context.Context, endpoint, tableName string) error {
	local := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	env := wiring.NewEnv(func(name string) (string, bool) {
		if value, given := os.LookupEnv(name); given && name != "AWS_ENDPOINT_URL_DYNAMODB" {
			return value, true
		}
		return local[name], true
	})
	cfg := env.AWS("DYNAMODB")
	if err := env.Err(); err != nil {
		return err
	}
	t := table.New(cfg, tableName, wiring.Now)
	hash, err := auth.Hash(Password, rand.Reader)
	if err != nil {
		return err
	}
	for _, p := range People() {
		number := "+98" + p.Phone[1:]
		u := user.User{
			ID: stable(number), Phone: number, Role: p.Role, Name: p.Name, Locale: "en",
			Notify: user.Choices{Email: true, SMS: true}, CreatedAt: wiring.Now(),
		}
		if err := t.SaveAccount(ctx, account.Login{Phone: number, Hash: hash, User: u}); err != nil {
			return fmt.Errorf("person %s: %w", p.Phone, err)
		}
	}
	for i, c := range categories() {
		c.ID, c.Active, c.Order = stable(c.Names["en"]), true, i
		if err := t.SaveCategory(ctx, c); err != nil {
			return fmt.Errorf("category %s: %w", c.Names["en"], err)
		}
	}
	return nil
}

func categories() []category.Category {
	return []category.Category{
		{Names: map[string]string{"en": "Billing", "fa": "مالی"}, About: map[string]string{"en": "Invoices, payments, refunds", "fa": "صورت‌حساب، پرداخت و بازگشت وجه"}},
		{Names: map[string]string{"en": "Technical", "fa": "فنی"}, About: map[string]string{"en": "Something does not work", "fa": "چیزی درست کار نمی‌کند"}},
		{Names: map[string]string{"en": "Account", "fa": "حساب کاربری"}, About: map[string]string{"en": "Sign-in, profile, security", "fa": "ورود، پروفایل و امنیت"}},
		{Names: map[string]string{"en": "Other", "fa": "سایر"}, About: map[string]string{"en": "Everything else", "fa": "هر موضوع دیگر"}},
	}
}

// stable is an id that is the same at every seeding.
func stable(name string) string { return id.Derive("01KA0000000000000000000000", "seed", name) }
