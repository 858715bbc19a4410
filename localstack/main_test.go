package main

import (
	"maps"
	"strings"
	"testing"
)

func TestParseParameters(t *testing.T) {
	got, err := parseParameters(" AllowedOrigins=http://localhost:5173,http://a.b?c=d  RemindAfterDays=0.01 ApiUrl=")
	want := map[string]string{"AllowedOrigins": "http://localhost:5173,http://a.b?c=d", "RemindAfterDays": "0.01", "ApiUrl": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	got, err = parseParameters(`BrandName="My 'own' shop" Signature='Best "wishes"' 'SupportAddress=a@b' ApiUrl=""`)
	want = map[string]string{"BrandName": "My 'own' shop", "Signature": `Best "wishes"`, "SupportAddress": "a@b", "ApiUrl": ""}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("quoted: got %q, %v, want %q", got, err, want)
	}
	for _, text := range []string{"RemindAfterDays", "=1", "RemindAfterDays = 1", "BrandName=My shop", `BrandName="My shop`, "BrandName=Sara's", "ApiUrl=a ApiUrl=b"} {
		if got, err := parseParameters(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestCheckNames(t *testing.T) {
	for _, c := range []struct {
		name, value string
		valid       bool
	}{
		{"Timezone", "Europe/Berlin", true}, {"Timezone", "Europe/Nowhere", false}, {"Timezone", "", false},
		{"DefaultRegion", "DE", true}, {"DefaultRegion", "ZZ", false},
		{"AllowedCountries", "", true}, {"AllowedCountries", "IR,DE", true}, {"AllowedCountries", "IR,ZZ", false},
	} {
		err := checkNames(map[string]string{c.name: c.value})
		if (err == nil) != c.valid || err != nil && !strings.Contains(err.Error(), c.name) {
			t.Errorf("%s=%s: got %v, want valid %v", c.name, c.value, err, c.valid)
		}
	}
}
