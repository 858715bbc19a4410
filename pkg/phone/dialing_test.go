package phone_test

import (
	_ "embed"
	"strings"
	"testing"

	"ticketsystem/pkg/phone"
)

// mobileNumbers has a line for each country: region, the example of a mobile number in the metadata
// of libphonenumber as it is dialled there, an international prefix of the country, and E.164. Those
// of GA, MM and TK are others: the examples are of former or ambiguous lengths.
//
//go:embed testdata/mobile_numbers.txt
var mobileNumbers string

// TestNormalize_DialledForms checks that the forms in which a number is dialled in its country, and
// from there to another one, have one key.
func TestNormalize_DialledForms(t *testing.T) {
	const abroad, abroadRegion = "+447400123456", "GB"
	for line := range strings.Lines(mobileNumbers) {
		fields := strings.Fields(line)
		region, national, prefix, want := fields[0], fields[1], fields[2], fields[3]
		for raw, want := range map[string]string{
			want: want, national: want, want[1:]: want, prefix + want[1:]: want, "00" + want[1:]: want,
			abroad: abroad, prefix + abroad[1:]: abroad, "00" + abroad[1:]: abroad,
		} {
			checkNormalize(t, raw, region, want)
		}
		checkNormalize(t, "00"+want[1:], abroadRegion, want)
	}
}

// checkNormalize reports an error unless a number has the form want; "" if it is refused.
func checkNormalize(t *testing.T, raw, region, want string) {
	t.Helper()
	if got, err := phone.Normalize(raw, region); got != want || (err != nil) != (want == "") {
		t.Errorf("Normalize(%q, %q): got %q, %v, want %q", raw, region, got, err, want)
	}
}

// TestNormalize_WithoutPlus checks how numbers are read that may be national or international.
func TestNormalize_WithoutPlus(t *testing.T) {
	for _, c := range []struct{ raw, region, want string }{
		{"6591234567", "SG", "+6591234567"},
		{"91234567", "SG", "+6591234567"},
		{"6591234567", "IR", "+6591234567"},
		{"989121234567", "SG", "+989121234567"},
		{"447911123456", "IR", "+447911123456"},
		{"6591234567", "US", "+16591234567"}, // a national number comes first
		{"3912345678", "IT", "+393912345678"},
		{"4791234567", "NO", "+4791234567"},
		{"35621234", "HK", "+85235621234"}, // landlines stay national
		{"19110012", "PE", "+5119110012"},
		{"819012345678", "RU", "+819012345678"},
		{"89123456789", "RU", "+79123456789"},
	} {
		checkNormalize(t, c.raw, c.region, c.want)
	}
}

// TestNormalize_InternationalPrefix checks the prefixes of the default region, 00 beside them, and
// that a prefix is read as one only where it is dialled.
func TestNormalize_InternationalPrefix(t *testing.T) {
	for _, c := range []struct{ raw, region, want string }{
		{"0011 44 7911 123456", "AU", "+447911123456"},
		{"0018 44 7911 123456", "AU", "+447911123456"},
		{"0044 7911 123456", "AU", "+447911123456"},
		{"001 44 7911 123456", "KR", "+447911123456"},
		{"00700 44 7911 123456", "KR", "+447911123456"},
		{"010 1234 5678", "KR", "+821012345678"},
		{"011 44 7911 123456", "US", "+447911123456"},
		{"011 44 (0) 7911 123456", "JM", "+447911123456"},
		{"010 44 7911 123456", "JP", "+447911123456"},
		{"080 1234 5678", "JP", "+818012345678"},
		{"8 10 44 7911 123456", "RU", "+447911123456"},
		{"000 44 7911 123456", "KE", "+447911123456"},
		{"001 65 9123 4567", "SG", "+6591234567"},
		{"0044 7911 123456", "SG", "+447911123456"},
		{"00 1 415 555 2671", "HK", "+14155552671"},
		{"011 44 7911 123456", "GB", ""},
	} {
		checkNormalize(t, c.raw, c.region, c.want)
	}
}

// TestNormalize_OneMobilePhone checks that the numbers that reach one mobile phone have one key.
func TestNormalize_OneMobilePhone(t *testing.T) {
	for want, c := range map[string]struct {
		region string
		forms  []string
	}{
		"+525512345678": {"MX", []string{"+52 1 55 1234 5678", "+52 55 1234 5678", "55 1234 5678", "044 55 1234 5678", "045 55 1234 5678", "01 55 1234 5678", "1 55 1234 5678", "5215512345678"}},
		"+5491123456789": {"AR", []string{
			"+54 9 11 2345 6789", "+54 11 2345 6789", "+54 11 15 2345 6789", "+54 9 11 15 2345 6789", "011 15 2345 6789", "11 15 2345 6789", "11 2345 6789", "011 2345 6789", "9 11 2345 6789", "5491123456789", "541123456789",
		}},
		"+5493415123456": {"AR", []string{"+54 9 341 512 3456", "+54 341 512 3456", "0341 15 512 3456", "341 15 512 3456"}},
		"+5492966151234": {"AR", []string{"+54 9 2966 15 1234", "02966 15 15 1234", "2966 151234"}},
		"+5511987654321": {"BR", []string{
			"+55 11 98765 4321", "+55 11 8765 4321", "(11) 98765-4321", "11 8765 4321", "011 98765 4321", "0 15 11 98765 4321", "0 21 11 8765 4321", "+55 0 15 11 98765 4321", "90 11 98765 4321", "90 21 11 98765 4321", "551187654321",
		}},
		"+573001234567":  {"CO", []string{"+57 300 123 4567", "300 123 4567", "03 300 123 4567", "0414 300 123 4567"}},
		"+59171234567":   {"BO", []string{"+591 7123 4567", "010 7123 4567"}},
		"+8613812345678": {"CN", []string{"138 1234 5678", "0138 1234 5678", "17951 138 1234 5678", "+86 12593 138 1234 5678"}},
		"+37061234567":   {"LT", []string{"8 612 34567", "0 612 34567", "+370 8 612 34567"}},
		"+375294911911":  {"BY", []string{"8 029 491 19 11", "8 29 491 19 11", "029 491 19 11", "+375 (0) 29 491 19 11"}},
		"+24106031234":   {"GA", []string{"+241 06031234"}},
		"+24166031234":   {"GA", []string{"066 03 12 34", "66 03 12 34", "+241 066 03 12 34"}},
	} {
		for _, raw := range c.forms {
			if got, err := phone.Normalize(raw, c.region); got != want || err != nil {
				t.Errorf("Normalize(%q, %q): got %q, %v, want %q", raw, c.region, got, err, want)
			}
		}
	}
}
