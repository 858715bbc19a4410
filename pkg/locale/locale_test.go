package locale_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/locale"
)

func TestOf(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "fa": "fa", "en-US,en;q=0.9": "en", "de, fa-IR;q=0.8, en": "en", "FA-ir": "fa", "de": "", "fax": "", " en ;q=1": "en",
		"en;q=0.1, fa;q=0.9": "fa", "fa;q=0": "", "fa;q=0, en;q=0.001": "en", "fa ; Q = 0.5,en; q=0.5": "fa", "en;q=x, fa;q=0.1": "fa", "en;q=NaN,fa": "fa", "*, fa;q=0.5": "fa", "xx-invalid!, fa": "fa",
	} {
		if got := locale.Of(header); got != want {
			t.Errorf("Of(%q): got %q, want %q", header, got, want)
		}
	}
}

// TestChoose checks when the language of the profile is the one of an answer.
func TestChoose(t *testing.T) {
	for header, want := range map[string]string{
		"": "fa", "de": "fa", "en": "en", "en;q=0": "fa", "fa;q=0": "", "FA-ir ; q=0.0, de": "", "fa;q=0, en;q=0.1": "en", "fa;q=0, fa-IR": "fa",
	} {
		if got := locale.Choose(header, "fa"); got != want {
			t.Errorf("Choose(%q): got %q, want %q", header, got, want)
		}
	}
}

func TestResolve(t *testing.T) {
	for tag, want := range map[string]string{"": "en", "en": "en", "de": "en", "fax": "en", "fa": "fa", "fa-IR": "fa", "FA_ir": "fa"} {
		if got := locale.Resolve(tag); got != want {
			t.Errorf("Resolve(%q): got %q, want %q", tag, got, want)
		}
	}
}

// TestCatalogues checks the file of every language against the English one.
func TestCatalogues(t *testing.T) {
	if got := locale.Supported(); !slices.Equal(got, []string{"en", "fa"}) {
		t.Logf("languages: %v", got)
	}
	for _, language := range locale.Supported() {
		if err := locale.Check(language, locale.Texts(language)); err != nil {
			t.Error(err)
		}
		if direction := locale.Text(language, "language.direction"); direction != "ltr" && direction != "rtl" {
			t.Errorf("%s: direction %q", language, direction)
		}
	}
	if locale.IsSupported("de") || locale.IsSupported("") {
		t.Error("an unknown language is supported")
	}
}

// TestCheck_MissingText checks that no key can be left out of a language, and that none
// is written in vain.
func TestCheck_MissingText(t *testing.T) {
	english := locale.Texts(locale.English)
	for key := range english {
		texts := maps.Clone(english)
		delete(texts, key)
		if err := locale.Check("xx", texts); err == nil || !strings.Contains(err.Error(), `"`+key+`"`) {
			t.Errorf("without %s: got %v", key, err)
		}
	}
	for name, change := range map[string][2]string{
		"blank": {"brand", " "}, "unknown key": {"brands", "x"}, "unknown placeholder": {"support", "Write to {email}"},
	} {
		texts := maps.Clone(english)
		texts[change[0]] = change[1]
		if err := locale.Check("xx", texts); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	english["replies.few"] = "{count} odpowiedzi"
	if err := locale.Check("pl", english); err != nil {
		t.Errorf("another plural form: got %v", err)
	}
}

func TestText_Placeholders(t *testing.T) {
	for _, c := range []struct{ language, key, want string }{
		{"en", "notification.reply.body", "Ali {body}: B {author}"}, // a user's braces stay
		{"de", "status.open", "In progress"},
		{"fa", "status.open", "در دست بررسی"},
		{"en", "no.such.text", "no.such.text"},
	} {
		if got := locale.Text(c.language, c.key, "author", "Ali {body}", "body", "B {author}"); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.language, c.key, got, c.want)
		}
	}
}

func TestCount_PluralForms(t *testing.T) {
	texts := locale.Texts(locale.English)
	texts["replies.few"], texts["replies.many"] = "{count} few", "{count} many"
	defer locale.Register("pl", texts)()
	for _, c := range []struct {
		language string
		n        int
		want     string
	}{
		{"en", 1, "1 new reply"}, {"en", 2, "2 new replies"}, {"fa", 3, "3 پاسخ تازه"},
		{"pl", 1, "1 new reply"}, {"pl", 3, "3 few"}, {"pl", 5, "5 many"}, {"de", 0, "0 new replies"},
	} {
		if got := locale.Count(c.language, "replies", c.n); got != c.want {
			t.Errorf("%s %d: got %q, want %q", c.language, c.n, got, c.want)
		}
	}
}

func TestNumber_Groups(t *testing.T) {
	for _, c := range []struct {
		language string
		n        int
		want     string
	}{
		{"en", 0, "0"}, {"en", 999, "999"}, {"en", 1204, "1,204"}, {"en", -1234567, "-1,234,567"}, {"en", -100, "-100"},
		{"fa", 1204, "1٬204"}, {"de", 100000, "100,000"},
	} {
		if got := locale.Number(c.language, c.n); got != c.want {
			t.Errorf("%s %d: got %q, want %q", c.language, c.n, got, c.want)
		}
	}
}

func TestBrand_Closing(t *testing.T) {
	for _, c := range []struct {
		brand        locale.Brand
		name         string
		text, markup string
	}{
		{locale.Brand{}, "TicketSystem", "", ""},
		{locale.Brand{Name: "Acme", SupportAddress: "help@acme.ir", Signature: "A & B"}, "Acme",
			"A & B\nSupport: help@acme.ir\n", "<p dir=\"auto\">A &amp; B</p>\n<p dir=\"auto\">Support: help@acme.ir</p>\n"},
	} {
		text, markup := c.brand.Closing("en")
		if got := c.brand.NameIn("en"); got != c.name || text != c.text || markup != c.markup {
			t.Errorf("got %q, %q, %q, want %+v", got, text, markup, c)
		}
	}
}
