package locale_test

import (
	"testing"

	"ticketsystem/pkg/locale"
)

func TestOf(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "fa": "fa", "en-US,en;q=0.9": "en", "de, fa-IR;q=0.8, en": "fa", "FA-ir": "fa", "de": "", "fax": "", " en ;q=1": "",
	} {
		if got := locale.Of(header); got != want {
			t.Errorf("Of(%q): got %q, want %q", header, got, want)
		}
	}
}

func TestPick(t *testing.T) {
	for tag, want := range map[string]string{"": "en text", "en": "en text", "de": "en text", "fa": "fa text", "fa-IR": "fa text", "FA_ir": "fa text"} {
		if got := locale.Pick(tag, "en text", "fa text"); got != want {
			t.Errorf("Pick(%q): got %q, want %q", tag, got, want)
		}
	}
}

func TestSupported(t *testing.T) {
	for _, language := range locale.Supported() {
		if !locale.IsSupported(language) {
			t.Errorf("%q is listed but not supported", language)
		}
	}
	if locale.IsSupported("de") || locale.IsSupported("") {
		t.Error("an unknown language is supported")
	}
}
