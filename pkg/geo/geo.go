// Package geo contains the provinces of Iran and their main cities.
package geo

import (
	_ "embed" // for iran.txt
	"slices"
	"strings"
	"sync"

	"ticketsystem/pkg/locale"
)

// provinceList has one line per province and, indented below it, one per city:
// ID, English name and Persian name. Profiles store the IDs, so they must never
// change.
//
//go:embed iran.txt
var provinceList string

// Province is one of the 31 provinces.
type Province struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameFa string `json:"nameFa"`
	// Cities has the provincial capital first.
	Cities []City `json:"cities"`
}

// City is a city of one province. Its ID is unique in the country.
type City struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameFa string `json:"nameFa"`
}

// NameIn returns the name in the language of a BCP 47 tag, if the list has it: else the
// English name.
func NameIn(tag, name, nameFa string) string {
	if locale.Resolve(tag) == "fa" {
		return nameFa
	}
	return name
}

// provinces parses the list once.
var provinces = sync.OnceValue(func() []Province { //nolint:gochecknoglobals // parsed once and never changed
	var parsed []Province
	for line := range strings.Lines(provinceList) {
		id, names, _ := strings.Cut(strings.TrimSpace(line), "|")
		name, nameFa, _ := strings.Cut(names, "|")
		if line[0] != '\t' {
			parsed = append(parsed, Province{ID: id, Name: name, NameFa: nameFa})
			continue
		}
		last := &parsed[len(parsed)-1]
		last.Cities = append(last.Cities, City{ID: id, Name: name, NameFa: nameFa})
	}
	return parsed
})

// Provinces returns a copy of all provinces, ordered by English name.
func Provinces() []Province {
	all := slices.Clone(provinces())
	for i := range all {
		all[i].Cities = slices.Clone(all[i].Cities)
	}
	return all
}

// FindProvince returns the province with an ID. Its cities must not be modified.
func FindProvince(provinceID string) (Province, bool) {
	i := slices.IndexFunc(provinces(), func(p Province) bool { return p.ID == provinceID })
	if i < 0 {
		return Province{}, false
	}
	return provinces()[i], true
}

// Find returns a province and one of its cities. With cityID "" the City is
// zero. It returns false if either does not exist or the city is elsewhere.
func Find(provinceID, cityID string) (Province, City, bool) {
	province, found := FindProvince(provinceID)
	if cityID == "" {
		return province, City{}, found
	}
	for _, city := range province.Cities {
		if city.ID == cityID {
			return province, city, true
		}
	}
	return Province{}, City{}, false
}

// HasProvince reports whether a province exists.
func HasProvince(provinceID string) bool {
	_, found := FindProvince(provinceID)
	return found
}

// HasCity reports whether the city is in the province.
func HasCity(provinceID, cityID string) bool {
	_, city, _ := Find(provinceID, cityID)
	return city.ID != ""
}
