package main

import (
	"maps"
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
