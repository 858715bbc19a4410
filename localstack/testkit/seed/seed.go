// Package seed writes users and categories into a new table.
package seed

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"

	"ticketsystem/pkg/account"
	"ticketsystem/pkg/app"
	"ticketsystem/pkg/auth"
	"ticketsystem/pkg/category"
	"ticketsystem/pkg/dynamo"
	"ticketsystem/pkg/id"
	"ticketsystem/pkg/user"
)

// Password is the password of all seeded users.
const Password = "ticket-demo-2026"

// User is a seeded user.
type User struct {
	Phone string // in national format
	Name  string
	Role  user.Role
}

// Users returns the seeded users.
func Users() []User {
	return []User{
		{"09120000001", "Parisa Ahmadi", user.RoleAdmin},
		{"09120000002", "Reza Karimi", user.RoleSupport},
		{"09120000003", "Sara Hosseini", user.RoleSupport},
		{"09120000004", "Amir Rahimi", user.RoleUser},
	}
}

// Seed writes users and categories. It may be repeated, because their ids are derived
// from phone numbers and names.
func Seed(ctx context.Context, endpoint, tableName string) error {
	local := map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
	}
	env := app.NewEnv(func(name string) (string, bool) {
		if value, given := os.LookupEnv(name); given && name != "AWS_ENDPOINT_URL_DYNAMODB" {
			return value, true
		}
		return local[name], true
	})
	cfg := env.AWS("DYNAMODB")
	if err := env.Err(); err != nil {
		return err
	}
	t := dynamo.New(cfg, tableName, app.Now)
	hash, err := auth.Hash(Password, rand.Reader)
	if err != nil {
		return err
	}
	for _, seedUser := range Users() {
		number := "+98" + seedUser.Phone[1:]
		u := user.User{
			ID: fixedID(number), Phone: number, Role: seedUser.Role, Name: seedUser.Name, Locale: "en",
			Notifications: user.NotificationPreferences{Email: true, SMS: true, Push: true}, CreatedAt: app.Now(),
		}
		if err := t.PutAccount(ctx, account.Login{Phone: number, Hash: hash, User: u}); err != nil {
			return fmt.Errorf("user %s: %w", seedUser.Phone, err)
		}
	}
	for i, c := range categories() {
		c.ID, c.Active, c.Order = fixedID(c.Names["en"]), true, i
		if err := t.SaveCategory(ctx, c); err != nil {
			return fmt.Errorf("category %s: %w", c.Names["en"], err)
		}
	}
	return nil
}

func categories() []category.Category {
	return []category.Category{
		{Names: map[string]string{"en": "Billing", "fa": "مالی"}, Description: map[string]string{"en": "Invoices, payments, refunds", "fa": "صورت‌حساب، پرداخت و بازگشت وجه"}},
		{Names: map[string]string{"en": "Technical", "fa": "فنی"}, Description: map[string]string{"en": "Something does not work", "fa": "چیزی درست کار نمی‌کند"}},
		{Names: map[string]string{"en": "Account", "fa": "حساب کاربری"}, Description: map[string]string{"en": "Sign-in, profile, security", "fa": "ورود، پروفایل و امنیت"}},
		{Names: map[string]string{"en": "Other", "fa": "سایر"}, Description: map[string]string{"en": "Everything else", "fa": "هر موضوع دیگر"}},
	}
}

// fixedID returns the same id for a name at every run.
func fixedID(name string) string { return id.Derive("01KA0000000000000000000000", "seed", name) }
