package wordpress

import (
	"testing"

	"enrolld"
)

func TestCanEnter(t *testing.T) {
	for _, tt := range []struct {
		version string
		table   bool
		want    enrolld.Code
	}{
		{Version, true, ""},
		{"1.2.0", true, ""},
		{"1.10.0", true, ""},
		{"2.0.0", true, ""},
		{"1.2.1", true, ""},
		{"1.2.0", false, enrolld.Conflict},
		{"1.1.9", true, enrolld.Conflict},
		{"0.9", true, enrolld.Conflict},
		{"1.1", true, enrolld.Conflict},
		{"", true, enrolld.Conflict},
		{"new", true, enrolld.Conflict},
	} {
		if got := enrolld.CodeOf(Health{Version: tt.version, EntriesOK: tt.table}.CanEnter()); got != tt.want {
			t.Errorf("version %q, table %t: %q, want %q", tt.version, tt.table, got, tt.want)
		}
	}
}

func TestEntryURL(t *testing.T) {
	for site, want := range map[string][2]string{
		"https://school.example":         {"https://school.example/index.php?enrolld=enter", "https://school.example"},
		"http://school.example:8080/wp/": {"http://school.example:8080/wp/index.php?enrolld=enter", "http://school.example:8080"},
		"https://[::1]:81/?x#y":          {"https://[::1]:81/index.php?enrolld=enter", "https://[::1]:81"},
		"":                               {},
		"ftp://school.example":           {},
		"//school.example":               {},
		"https://a@school.example":       {},
		"https://school.example;x":       {},
		"https://school.example,*":       {},
		"https://'unsafe-inline'":        {},
		"https://*":                      {},
	} {
		address, origin, err := EntryURL(site)
		if got := [2]string{address, origin}; got != want || (err == nil) != (want[0] != "") {
			t.Errorf("EntryURL(%q) = %q, %v; want %q", site, got, err, want)
		}
	}
}
