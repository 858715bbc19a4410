package geo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"ticketsystem/pkg/geo"
)

func TestProvinces_Complete(t *testing.T) {
	slug := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	persian := regexp.MustCompile("^[ابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیآأؤئء\u200cٔ ]+$") // neither Arabic kaf nor yeh
	provinces := geo.Provinces()
	if got := len(provinces); got != 31 {
		t.Errorf("provinces: got %d, want 31", got)
	}
	ids, cityIDs := map[string]bool{}, map[string]bool{}
	for _, p := range provinces {
		if !slug.MatchString(p.ID) || p.Name == "" || !persian.MatchString(p.NameFa) || ids[p.ID] {
			t.Errorf("province %+v is duplicate or incomplete", p)
		}
		ids[p.ID] = true
		if n := len(p.Cities); n < 5 || n > 20 {
			t.Errorf("%s has %d cities, want 5 to 20", p.ID, n)
		}
		for _, c := range p.Cities {
			if !slug.MatchString(c.ID) || c.Name == "" || !persian.MatchString(c.NameFa) || cityIDs[c.ID] {
				t.Errorf("city %+v of %s is duplicate or incomplete", c, p.ID)
			}
			cityIDs[c.ID] = true
		}
	}
	if !slices.IsSortedFunc(provinces, func(a, b geo.Province) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("provinces are not ordered by name")
	}
}

func TestFind(t *testing.T) {
	cases := []struct {
		province, city       string
		hasProvince, hasCity bool
	}{
		{"tehran", "tehran", true, true},
		{"fars", "shiraz", true, true},
		{"fars", "tehran", true, false},
		{"fars", "", true, false},
		{"tehran", "Tehran", true, false},
		{"atlantis", "shiraz", false, false},
		{"", "", false, false},
		{"shiraz", "shiraz", false, false},
	}
	for _, c := range cases {
		province, city, found := geo.Find(c.province, c.city)
		if found != (c.hasCity || c.city == "" && c.hasProvince) || geo.HasCity(c.province, c.city) != c.hasCity || geo.HasProvince(c.province) != c.hasProvince {
			t.Errorf("%s in %s: got %v, %v", c.city, c.province, found, geo.HasProvince(c.province))
		}
		if found && (province.ID != c.province || city.ID != c.city) {
			t.Errorf("%s in %s: got %s in %s", c.city, c.province, city.ID, province.ID)
		}
	}
}

func TestProvinces_ReturnsCopy(t *testing.T) {
	geo.Provinces()[0].Cities[0].ID = "changed"
	if got := geo.Provinces()[0].Cities[0].ID; got == "changed" {
		t.Error("a change to the result is visible to other callers")
	}
}

func TestProvinces_CapitalFirst(t *testing.T) {
	for province, want := range map[string]string{"tehran": "tehran", "markazi": "arak", "gilan": "rasht", "hormozgan": "bandar-abbas"} {
		found, _ := geo.FindProvince(province)
		if len(found.Cities) == 0 || found.Cities[0].ID != want {
			t.Errorf("%s: got %v, want %s first", province, found.Cities, want)
		}
	}
}
