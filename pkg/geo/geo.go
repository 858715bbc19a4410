// Package place knows the provinces of Iran and their main cities.
package geo

import (
	_ "embed" // the list
	"strings"
)

// provinceList has a line for each province and, indented below it, one for each of
// its cities: id, English name, Persian name. Ids are stored by profiles and
// never change, also when a spelling does.
//
//go:embed iran.txt
var provinceList string

// Province is one of the 31.
type Province struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameFa string `json:"nameFa"`
	// Cities has the provincial capital first.
	Cities []City `json:"cities"`
}

// City is a city of one province. Its id means one city in the whole country.
type City struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	NameFa string `json:"nameFa"`
}

// Provinces gives all provinces, by their English names. The caller owns the
// result: reading the list anew takes less than a tenth of a millisecond.
func Provinces() []Province {
	var provinces []Province
	for line := range strings.Lines(provinceList) {
		id, names, _ := strings.Cut(strings.TrimSpace(line), "|")
		name, nameFa, _ := strings.Cut(names, "|")
		if line[0] != '\t' {
			provinces = append(provinces, Province{ID: id, Name: name, NameFa: nameFa})
			continue
		}
		last := &provinces[len(provinces)-1]
		last.Cities = append(last.Cities, City{ID: id, Name: name, NameFa: nameFa})
	}
	return provinces
}

// FindProvince finds a province by its id.
func FindProvince(provinceID string) (Province, bool) {
	for _, province := range Provinces() {
		if province.ID == provinceID {
			return province, true
		}
	}
	return Province{}, false
}

// Find finds a province and a city of it by their ids; without a city, "", the
// City is zero. It is false when either is unknown or the city lies elsewhere.
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

// HasProvince says whether there is a province of this id.
func HasProvince(provinceID string) bool {
	_, found := FindProvince(provinceID)
	return found
}

// HasCity says whether the city lies in the province.
func HasCity(provinceID, cityID string) bool {
	_, city, _ := Find(provinceID, cityID)
	return city.ID != ""
}
