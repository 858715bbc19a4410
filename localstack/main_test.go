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
	for _, text := range []string{"RemindAfterDays", "=1", "RemindAfterDays = 1"} {
		if got, err := parseParameters(text); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
