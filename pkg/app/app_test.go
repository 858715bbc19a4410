package app_test

import (
	"strings"
	"testing"

	"ticketsystem/pkg/app"
)

// TestApp_InvalidVariables checks that a function with an unknown region or time zone does not start.
func TestApp_InvalidVariables(t *testing.T) {
	for name, read := range map[string]func(a *app.App){
		"DEFAULT_REGION":    func(a *app.App) { a.UserDirectory() },
		"TIMEZONE":          func(a *app.App) { a.Timezone() },
		"REMIND_AFTER_DAYS": func(a *app.App) { a.AutomationPolicy() },
	} {
		for value, valid := range map[string]bool{"": true, "ZZ": false} {
			a := &app.App{Env: newEnv(map[string]string{name: value, "TABLE_NAME": "t", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"})}
			read(a)
			if err := a.Err(); (err == nil) != valid || err != nil && !strings.Contains(err.Error(), name) {
				t.Errorf("%s=%s: got %v, want valid %v", name, value, err, valid)
			}
		}
	}
}
