package phone_test

import (
	"regexp"
	"slices"
	"testing"

	"ticketsystem/pkg/phone"
)

// FuzzNormalize checks that normalization is idempotent and that the result is
// among its search forms.
func FuzzNormalize(f *testing.F) {
	for _, raw := range []string{
		"09121234567", "+98 (0) 912 123 45 67", "۰۹۱۲۱۲۳۴۵۶۷", "00989121234567", "+1 202 555 0143", "98", "+", "00", "\u202a+989121234567\u202c", "＋989121234567", "+00", "0", "+5215512345678", "011152345 6789", "+551187654321", "00200000000", "6591234567", "0011447911123456",
	} {
		for _, region := range []string{"IR", "us", "AR", "BR", "MX", "RU", "SG", "AU"} {
			f.Add(raw, region)
		}
	}
	e164 := regexp.MustCompile(`^\+[1-9][0-9]{7,14}$`)
	f.Fuzz(func(t *testing.T, raw, region string) {
		number, err := phone.Normalize(raw, region)
		if err != nil {
			if number != "" {
				t.Errorf("%q: got %q with error %v", raw, number, err)
			}
			return
		}
		if !e164.MatchString(number) {
			t.Errorf("%q: got %q, want E.164", raw, number)
		}
		if again, err := phone.Normalize(number, region); err != nil || again != number {
			t.Errorf("%q: got %q, %v from %q", raw, again, err, number)
		}
		if !slices.Contains(phone.SearchForms(number), number[1:]) {
			t.Errorf("%q: %q is not among its search forms", raw, number)
		}
	})
}
