package stats

import (
	"errors"
	"strings"
	"time"
)

// maxZoneName exceeds the longest name of the time zone database.
const maxZoneName = 64

// LoadZone returns the time zone with an IANA name. It accepts the names of the database
// only, unlike time.LoadLocation: no path, and not Local. The program needs the database:
// import time/tzdata.
func LoadZone(name string) (*time.Location, error) {
	path := name == "" || name[0] < 'A' || name[0] > 'Z' || len(name) > maxZoneName || strings.Contains(name, ".") || strings.Contains(name, "//")
	if path || name == "Local" || name == "Factory" {
		return nil, errors.New("not the name of a time zone")
	}
	return time.LoadLocation(name)
}
